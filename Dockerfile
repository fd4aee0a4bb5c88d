# The image that the tasks of flows/monday_order_sync.yml run in: the project and what requirements.lock says, nothing else.
#   docker build --tag ghcr.io/example/order-sync:0.1.0 .
FROM python:3.11-slim-bookworm

# What Microsoft's ODBC driver and pyodbc link to; the driver itself comes with the packages of requirements.lock.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends unixodbc libltdl7 libkrb5-3 libgssapi-krb5-2 \
    && rm -rf /var/lib/apt/lists/*

ENV ORDER_SYNC_HOME=/opt/order-sync \
    PYTHONPATH=/opt/order-sync \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DBT_PROFILES_DIR=/opt/order-sync \
    DB_ORDERS_BACKEND=pyodbc \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false

WORKDIR /opt/order-sync

# Packages first: they change less often than the project.
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.lock

# dbt looks drivers up by their names, so the packaged one gets the name that profiles.yml asks for.
RUN printf '[ODBC Driver 18 for SQL Server]\nDriver=%s\n' "$(python -c 'import glob, mssql_python_odbc as package; print(glob.glob(package.__path__[0] + "/**/debian_ubuntu/x86_64/lib/libmsodbcsql-18*", recursive=True)[0])')" >/etc/odbcinst.ini

COPY dbt_project.yml profiles.yml selectors.yml LICENSE ./
COPY dbt_project/ dbt_project/
COPY macros/ macros/
COPY models/ models/
COPY seeds/ seeds/
COPY sql/ sql/
COPY sync/ sync/
COPY tests/dbt/ tests/dbt/

# Read-only for the one who runs it; what a run writes goes to its working directory or to its home.
RUN useradd --uid 10001 --create-home --home-dir /var/lib/order-sync --shell /usr/sbin/nologin order-sync
USER 10001
WORKDIR /var/lib/order-sync

CMD ["python", "-m", "sync", "--help"]
