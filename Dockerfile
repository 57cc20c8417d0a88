# The app, for those who host it themselves behind a proxy with TLS. README.md has the two lines.
#
# Everything that it keeps is in /data. It runs as a user who may write nowhere else.
FROM python:3.13-slim-bookworm

RUN useradd --uid 1000 --create-home app && install --directory --owner=app /data
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
COPY .streamlit/config.toml .streamlit/config.toml
COPY app.py frame.py ./
COPY lib lib
COPY pages pages
COPY profiles profiles

USER app
ENV SANDBOX_DB=/data/sandbox.db
VOLUME /data
EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
