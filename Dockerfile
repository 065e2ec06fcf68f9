# docker build -t textclf . && docker run --rm -v "$PWD:/work" textclf train quickstart
# With what sweeps need: docker build --build-arg EXTRAS=[sweep] -t textclf .  (see docs/clusters.md)
FROM python:3.11-slim

ARG EXTRAS=
COPY . /source
RUN pip install --no-cache-dir "/source$EXTRAS" && rm -r /source

# Not root: a run writes into the mounted folder alone, and its caches into the user's home.
RUN useradd --create-home --uid 1000 textclf
USER textclf
WORKDIR /work
ENTRYPOINT ["textclf"]
