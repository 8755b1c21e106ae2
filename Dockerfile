# docker build -t fieldmark . && docker run --hostname NAME --stop-timeout 90 -p 127.0.0.1:8501:8501 -v fieldmark:/data fieldmark
FROM python:3.11-slim-bookworm

# What Tesseract knows of languages; more are there as tesseract-ocr-NAME.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tesseract-ocr-eng tesseract-ocr-rus \
 && rm -rf /var/lib/apt/lists/*

# The packages first, by themselves: a change of the code must not install some gigabytes again.
COPY requirements.txt /app/
RUN pip install --no-cache-dir --disable-pip-version-check -r /app/requirements.txt

# A volume takes over the owner of the folder it covers, so that both are writable to this user.
RUN useradd --uid 1000 --create-home fieldmark \
 && install --directory --owner fieldmark --group fieldmark /data /var/cache/fieldmark
COPY . /app
WORKDIR /app
USER fieldmark

ENV FIELDMARK_STORE=/data \
    FIELDMARK_CACHE=/var/cache/fieldmark \
    NO_ALBUMENTATIONS_UPDATE=1 \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
# "This host alone" would be nobody in here. So people sign in; the link for the first administrator is in the log.
CMD ["python", "cli.py", "run", "--address", "0.0.0.0", "--port", "8501"]
