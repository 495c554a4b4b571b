"""Compiles the files named on the command line, with warnings as errors, and writes nothing."""

import sys
import warnings

warnings.simplefilter('error')
failed = False
for name in sys.argv[1:]:
    try:
        with open(name, encoding='utf-8') as source:
            compile(source.read(), name, 'exec')
    except (SyntaxError, ValueError, Warning) as error:
        print(f'{name}: {error}', file=sys.stderr)
        failed = True
sys.exit(failed)
