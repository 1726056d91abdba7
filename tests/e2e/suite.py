"""Runs unittest cases and ends with the line `N passed, M failed` that ./pd test reads."""
import sys
import unittest


def run(*cases):
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(c) for c in cases)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors)
    for test, reason in result.skipped:
        print("SKIP %s: %s" % (test, reason))
    print("%d passed, %d failed" % (result.testsRun - bad - len(result.skipped), bad))
    sys.exit(1 if bad else 0)
