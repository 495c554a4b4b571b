"""One number from one row, through the clients' way."""

from .poolers import Poolers


class SqlLook:
    def __init__(self, config):
        self.poolers = Poolers(config['poolers'], config['login'])

    def __call__(self, probe, deadline):
        rows, _ = self.poolers.send(lambda session: self.rows(session, probe['query'], deadline), deadline)
        if len(rows) != 1 or len(rows[0]) != 1:
            return f'{len(rows)} rows of {len(rows[0]) if rows else 0} columns, not one number', None
        try:
            value = float(rows[0][0])
        except (TypeError, ValueError):
            return 'the answer is no number', None
        least, most = probe['tolerance'].get('min'), probe['tolerance'].get('max')
        if least is not None and not value >= least:
            return f'{value:g} is under {least:g}', None
        if most is not None and not value <= most:
            return f'{value:g} is over {most:g}', None
        return None, f'{value:g}'

    @staticmethod
    def rows(session, query, deadline):
        """A probe reads; what else its query might do is undone."""
        session.execute('begin read only', None, deadline)
        cursor = session.execute(query, None, deadline)
        rows = cursor.fetchmany(2) if cursor.description else []
        session.execute('rollback', None, deadline)
        return rows
