# The portal for a server: web, worker and beat are this image with different commands.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home --home-dir /srv/holotype holotype
WORKDIR /app

# PostgreSQL and the broker come from elsewhere, so the lock of the embedded ones is left out.
COPY requirements/runtime.lock requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/runtime.lock

COPY . .
RUN python -m compileall -q .
USER holotype
EXPOSE 8000
CMD ["sh", "-c", "python -m portal.prepare && exec python -m gunicorn portal.wsgi --bind 0.0.0.0:8000 --worker-class gthread --workers 2 --threads 4 --no-control-socket --limit-request-line 8190 --access-logfile -"]
