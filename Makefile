# Thin aliases of dev.py, which works without make too.
.PHONY: run test lint bench look stop

run test lint stop:
	python3 dev.py $@ $(ARGS)

bench look:
	python3 dev.py $@ $(ARGS)
