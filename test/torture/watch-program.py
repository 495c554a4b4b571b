# Writes to one member from its own host, past every cut, or looks whether one host's poolers are paused. A line of JSON on
# stdout for each acknowledged write or look; ends when stdin does.
import glob, json, os, sys, threading, time

import psycopg2

order = json.loads(sys.stdin.readline())
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()


def say(**facts):
    sys.stdout.write(json.dumps(facts) + '\n')
    sys.stdout.flush()


def write():
    session = psycopg2.connect(connect_timeout=2, **order['login'])
    session.autocommit = True
    cursor = session.cursor()
    while True:
        cursor.execute('select pg_is_in_recovery()')
        if not cursor.fetchone()[0]:
            begun = time.monotonic()
            # The wait for a standby is the only thing between the row and its acknowledgement; nothing may cut it short.
            del session.notices[:]
            cursor.execute(
                'insert into pp.probe (writer, n) values (%s, %s) returning pg_walfile_name(pg_current_wal_insert_lsn())',
                (order['writer'], int(begun * 1000)),
            )
            name = cursor.fetchone()[0]
            if not any('synchronous replication' in notice for notice in session.notices):
                say(begun=begun, acknowledged=time.monotonic(), timeline=int(name[:8], 16))
        time.sleep(0.2)


def look():
    # The console believes the account that its own process runs as.
    os.setgid(order['gid']) or os.setuid(order['uid'])
    consoles = {}
    while True:
        paused = []
        for path in glob.glob('/run/pgbouncer/*/.s.PGSQL.*'):
            if path not in consoles:
                folder, port = path.rsplit('/.s.PGSQL.', 1)
                consoles[path] = psycopg2.connect(
                    host=folder, port=port, user='pgbouncer', dbname='pgbouncer', connect_timeout=2
                )
                consoles[path].autocommit = True
            cursor = consoles[path].cursor()
            cursor.execute('show databases')
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row)) for row in cursor.fetchall()]
            if any(int(row['paused']) for row in rows):
                paused.append(path)
        say(at=time.monotonic(), paused=paused)
        time.sleep(0.5)


while True:
    try:
        write() if order['do'] == 'write' else look()
    except psycopg2.Error as error:
        time.sleep(0.5)
