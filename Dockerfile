# One image for every stage; `docker compose` starts each by its command. EXTRAS=gpu brings torch.
FROM python:3.12-slim AS build
ARG EXTRAS=""
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv && python -m venv /opt/newsquake
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY core core
COPY ingest ingest
COPY classifier classifier
COPY alerts alerts
COPY detect detect
COPY backtest backtest
COPY dashboard dashboard
COPY newsquake newsquake
RUN uv pip install --python /opt/newsquake/bin/python -c constraints.txt "/src${EXTRAS:+[$EXTRAS]}"

FROM python:3.12-slim
# 10001: no user of the host; it owns nothing but /data.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin newsquake \
    && install -d -o newsquake -g newsquake /data
COPY --from=build /opt/newsquake /opt/newsquake
ENV PATH=/opt/newsquake/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp NEWSQUAKE_DATA_DIR=/data
USER newsquake
WORKDIR /data
VOLUME /data
ENTRYPOINT ["newsquake"]
CMD ["--help"]
