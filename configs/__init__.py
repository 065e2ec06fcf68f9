"""The shipped recipes: package data, installed as `textclf.configs`."""
