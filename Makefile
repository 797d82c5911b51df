# Thin aliases of dev.py, which works without make too. Arguments: make test ARGS=--slow
.PHONY: run test lint bench look stop

run:
	python3 dev.py run $(ARGS)

test:
	python3 dev.py test $(ARGS)

lint:
	python3 dev.py lint

bench:
	python3 dev.py bench $(ARGS)

look:
	python3 dev.py look $(ARGS)

stop:
	python3 dev.py stop
