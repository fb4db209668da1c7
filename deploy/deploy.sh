#!/usr/bin/env bash
# Parts 1 to 5 of docs/deploy.md: what the account of your credentials can do of them, and only what is not done yet. So
# it can be run again after every stop. It stops where a person must decide, and shows each command before it runs.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
usage: deploy/deploy.sh [--dry-run] [--yes] [NAMES_FILE]

Run it in the management account, then in the collector's account (once, if that is the same one), with the Region of the
lake. NAMES_FILE has lines NAME=VALUE; the environment has the same names:

  COLLECTOR         the collector's account
  EXTERNAL_ID       chosen once; not a secret
  HOME_REGION       of the stacks with the member role; allowed in every account
  CODE_BUCKET       created for code and templates
  ALERT_EMAIL       who receives alarms (optional)
  ARCH              arm64 (the default) or x86_64
  BUCKET            the lake's bucket (default credlake-COLLECTOR-REGION)
  WHERE             the OU that gets the member role (default: the whole organization)
  PARAMETERS        more parameters of collector.yaml: 'ExistingDatabase=true RolePath=/security/'
  MEMBER_PARAMETERS more parameters of member-role.yaml
  TAGS              of every stack: 'cost-center=4711'

--dry-run  shows the commands that would change something; those that only read do run
--yes      answers every question with yes
END
}

dry_run=false
yes=false
names=
for argument; do
  case $argument in
    --dry-run) dry_run=true ;;
    --yes) yes=true ;;
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    /*) names=$argument ;;
    *) names=./$argument ;;
  esac
done
# shellcheck source=/dev/null
[ -z "$names" ] || . "$names"

say() { printf '%s\n' "$*" >&2; }

# stop REASON [WHAT TO DO…]: a person must decide.
stop() {
  printf '\nSTOPPED: %s\n' "$1" >&2
  shift
  [ $# = 0 ] || printf '  %s\n' "$@" >&2
  exit 3
}

decide() {
  if $yes || $dry_run; then return; fi
  [ -t 0 ] || stop "$1" 'Answer in a terminal, or run it with --yes.'
  read -r -p "$1 [y/N] " answer
  [[ $answer == [yY]* ]] || stop "$1 No."
}

shown() { { printf '+'; printf ' %q' "$@"; printf '\n'; } >&2; }

# A command that changes something.
run() {
  shown "$@"
  $dry_run || "$@"
}

# A command that only reads. `failed_with` classifies its error.
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
read_only() {
  shown "$@"
  "$@" 2>"$errors"
}
failed_with() { grep -q "$1" "$errors"; }
unexpected() { stop "$1" "$(cat "$errors")"; }

output() {
  aws cloudformation describe-stacks --stack-name credlake --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

# ---------------------------------------------------------------- 1. names
for name in COLLECTOR EXTERNAL_ID HOME_REGION CODE_BUCKET; do
  [ -n "${!name:-}" ] || { usage >&2; stop "$name is not set."; }
done
arch=${ARCH:-arm64}
read -r -a parameters <<<"${PARAMETERS:-}"
read -r -a member_parameters <<<"${MEMBER_PARAMETERS:-}"
read -r -a tags <<<"${TAGS:-}"
# An empty list is an unbound variable to the bash of macOS, hence ${…+…}.
[ ${#tags[@]} = 0 ] || tags=(--tags "${tags[@]}")

caller=$(read_only aws sts get-caller-identity --query '[Account,Arn]' --output text) || unexpected 'No valid credentials.'
account=${caller%%[[:space:]]*}
partition=$(cut -d: -f2 <<<"$caller")
organization=$(read_only aws organizations describe-organization \
  --query 'Organization.[Id,MasterAccountId]' --output text) || unexpected 'The organization cannot be read.'
management=${organization##*[[:space:]]}
organization=${organization%%[[:space:]]*}
say "Account $account of $organization ($partition); management account $management, collector's account $COLLECTOR."

# ---------------------------------------------------------------- 2. what the organization allows
allow_in_the_organization() {
  run aws cloudformation activate-organizations-access
  [ "$COLLECTOR" != "$management" ] || return 0
  local policy
  if policy=$(read_only aws organizations describe-resource-policy --query ResourcePolicy.Content --output text); then
    case $policy in
      *CredlakeListsTheAccounts*"$COLLECTOR"*) say 'The resource policy of the organization has our statement.' ;;
      *) stop 'The organization has a resource policy, and there can be only one.' \
        'Add the statement of deploy/organization-policy.json to it, then run this again.' ;;
    esac
  elif failed_with ResourcePolicyNotFoundException; then
    run aws organizations put-resource-policy --content \
      "$(sed "s/COLLECTOR/$COLLECTOR/; s/PARTITION/$partition/" deploy/organization-policy.json)"
  else
    unexpected 'The resource policy of the organization cannot be read.'
  fi
}

# ---------------------------------------------------------------- 3. the role in every account
deploy_the_member_role() {
  local given=("CollectorAccountId=$COLLECTOR" "OrganizationId=$organization" "ExternalId=$EXTERNAL_ID"
    ${member_parameters[@]+"${member_parameters[@]}"})
  local keyed=() pair operation status
  for pair in "${given[@]}"; do keyed+=("ParameterKey=${pair%%=*},ParameterValue=${pair#*=}"); done
  local set_tags=()
  for pair in ${tags[@]+"${tags[@]:1}"}; do set_tags+=("Key=${pair%%=*},Value=${pair#*=}"); done
  [ ${#set_tags[@]} = 0 ] || set_tags=(--tags "${set_tags[@]}")

  if read_only aws cloudformation describe-stack-set --stack-set-name credlake-reader \
    --query StackSet.Status --output text >/dev/null; then
    say 'The StackSet exists and is left as it is; update-stack-set changes it.'
  elif failed_with StackSetNotFoundException; then
    run aws cloudformation create-stack-set --stack-set-name credlake-reader \
      --template-body file://deploy/member-role.yaml --capabilities CAPABILITY_NAMED_IAM \
      --permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \
      --parameters "${keyed[@]}" ${set_tags[@]+"${set_tags[@]}"}
  else
    unexpected 'The StackSet cannot be read.'
  fi

  local where=${WHERE:-$(read_only aws organizations list-roots --query 'Roots[0].Id' --output text)}
  if [ -z "$(read_only aws cloudformation list-stack-instances --stack-set-name credlake-reader \
    --query 'Summaries[0].StackId' --output text | grep -v '^None$' || true)" ]; then
    decide "Deploy the role to every account below $where?"
    operation=$(run aws cloudformation create-stack-instances --stack-set-name credlake-reader --regions "$HOME_REGION" \
      --deployment-targets "OrganizationalUnitIds=$where" --query OperationId --output text \
      --operation-preferences FailureTolerancePercentage=20,MaxConcurrentPercentage=20)
    status=RUNNING
    while ! $dry_run && [[ $status == RUNNING || $status == QUEUED ]]; do
      status=$(aws cloudformation describe-stack-set-operation --stack-set-name credlake-reader \
        --operation-id "$operation" --query StackSetOperation.Status --output text)
      say "The operation is $status."
      [[ $status != RUNNING && $status != QUEUED ]] || sleep 10
    done
    $dry_run || [ "$status" = SUCCEEDED ] || stop "The StackSet operation is $status." \
      "credlake deploy --check --part organization --collector $COLLECTOR shows the accounts, the reasons and the SCP." \
      'Part 1 of docs/deploy.md has the parameters for a boundary, a path and a Region deny.'
  else
    say 'The StackSet has instances; accounts that join later get theirs by themselves. Those that failed are shown by:'
    say "  credlake deploy --check --part organization --collector $COLLECTOR"
  fi

  run aws cloudformation deploy --stack-name credlake-reader --region "$HOME_REGION" --no-fail-on-empty-changeset \
    --template-file deploy/member-role.yaml --capabilities CAPABILITY_NAMED_IAM ${tags[@]+"${tags[@]}"} \
    --parameter-overrides "${given[@]}"
}

# ---------------------------------------------------------------- 4. the collector
# named PARAMETER DEFAULT: its value in PARAMETERS, of which the last counts.
named() {
  local pair value=$2
  for pair in ${parameters[@]+"${parameters[@]}"}; do
    [ "${pair%%=*}" != "$1" ] || value=${pair#*=}
  done
  printf '%s' "$value"
}

# exists PARAMETER WHAT COMMAND…: stop if something exists that the stack would create.
exists() {
  local parameter=$1 what=$2
  shift 2
  [ "$(named "$parameter" false)" = false ] || return 0
  if read_only "$@" >/dev/null; then
    stop "The $what exists, and the stack would create it." \
      "Add $parameter=true to PARAMETERS to deploy over it, or choose another name (docs/deploy.md, part 4)."
  fi
}

failed_resources() {
  aws cloudformation describe-stack-events --stack-name credlake --output text \
    --query "StackEvents[?ends_with(ResourceStatus,'_FAILED')].[LogicalResourceId,ResourceStatusReason]"
}

deploy_the_collector() {
  if ! read_only aws s3api head-bucket --bucket "$CODE_BUCKET" >/dev/null; then
    failed_with '404' || unexpected "CODE_BUCKET=$CODE_BUCKET cannot be used."
    run aws s3 mb "s3://$CODE_BUCKET"
    run aws s3api put-bucket-versioning --bucket "$CODE_BUCKET" --versioning-configuration Status=Enabled
  fi

  local status zip region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  [ -n "$region" ] || stop 'No Region.' 'Set AWS_REGION to the Region of the lake.'
  local bucket=${BUCKET:-credlake-$COLLECTOR-$region}
  status=$(read_only aws cloudformation describe-stacks --stack-name credlake \
    --query 'Stacks[0].StackStatus' --output text) ||
    { failed_with 'does not exist' || unexpected 'The stack cannot be read.'; }
  case $status in
    ROLLBACK_COMPLETE)
      say 'The first try failed, and CloudFormation deleted everything again:'
      failed_resources >&2
      decide 'Delete the failed stack and try again?'
      run aws cloudformation delete-stack --stack-name credlake
      run aws cloudformation wait stack-delete-complete --stack-name credlake
      status=
      ;;
    *_IN_PROGRESS | *_FAILED) stop "The stack credlake is $status." 'Wait for it, or look at its events.' ;;
  esac
  if [ -z "$status" ]; then
    exists ExistingBucket "bucket $bucket" aws s3api head-bucket --bucket "$(named BucketName "$bucket")"
    exists ExistingDatabase 'Glue database' aws glue get-database --name "$(named DatabaseName credlake)"
    exists ExistingWorkGroup 'Athena workgroup' aws athena get-work-group --work-group "$(named WorkGroupName credlake)"
  fi

  run make package "ARCH=$arch"
  # The newest; the names are ours.
  # shellcheck disable=SC2012
  zip=$(cd dist && ls -t credlake-*-"$arch"-*.zip 2>/dev/null | head -1) || true
  [ -n "$zip" ] || zip=ZIP_OF_MAKE_PACKAGE
  run aws s3 cp "dist/$zip" "s3://$CODE_BUCKET/$zip"
  run aws cloudformation deploy --stack-name credlake --template-file deploy/collector.yaml --no-fail-on-empty-changeset \
    --s3-bucket "$CODE_BUCKET" --capabilities CAPABILITY_NAMED_IAM ${tags[@]+"${tags[@]}"} --parameter-overrides \
    "BucketName=$bucket" "Architecture=$arch" "OrganizationId=$organization" "ExternalId=$EXTERNAL_ID" \
    "CodeBucket=$CODE_BUCKET" "CodeKey=$zip" ${ALERT_EMAIL:+"AlertEmail=$ALERT_EMAIL"} \
    ${parameters[@]+"${parameters[@]}"} ||
    stop 'The stack was not deployed.' "$(failed_resources)" \
      'credlake deploy --check --part collector explains it; see also "If the first try fails" in docs/deploy.md.'
  [ -z "${ALERT_EMAIL:-}" ] || say "$ALERT_EMAIL gets no alarm until the subscription in the e-mail is confirmed."
}

# ---------------------------------------------------------------- 5. the doctor, then the schedule
# A second attempt of the CLI would be a second run, so there is none, and no limit of time.
invoke() {
  AWS_MAX_ATTEMPTS=1 run aws lambda invoke --function-name "$(output FunctionName)" --payload "$1" \
    --cli-binary-format raw-in-base64-out --cli-read-timeout 0 "$2" >&2
}

check_and_schedule() {
  if $dry_run && [ -z "$(output FunctionName 2>/dev/null)" ]; then
    say 'Then the doctor, a first run and the schedule: there is no function yet.'
    return
  fi
  invoke '{"command":"doctor"}' findings.json
  $dry_run || python3 - <<'END' || stop 'The doctor found something to fix (above; findings.json has everything).' \
    'Fix it and run this again.'
import json, sys
told = json.load(open("findings.json", encoding="utf-8"))
for one in told.get("findings", [told]):
    if one.get("verdict") != "OK":
        print(f"{one.get('verdict', 'ERROR')} {one.get('check', '')}: {one.get('mend') or one}", file=sys.stderr)
sys.exit(not told.get("is_healthy", False))
END

  local record
  record=$(read_only aws s3api list-objects-v2 --bucket "$(output LakeUri | cut -d/ -f3)" --output text \
    --prefix "$(output LakeUri | cut -d/ -f4- | sed 's,.$,&/,')catalog/o-" --query 'Contents[0].Key') || unexpected 'The lake cannot be read.'
  if [ "$record" = None ]; then
    decide 'Every check is OK. Collect every account now?'
    invoke '{}' summary.json
    $dry_run || python3 -c 'import json; exit("errorMessage" in json.load(open("summary.json", encoding="utf-8")))' ||
      stop 'The run failed.' "$(cat summary.json)"
  fi

  if [ "$(read_only aws cloudformation describe-stacks --stack-name credlake --output text \
    --query "Stacks[0].Parameters[?ParameterKey=='ScheduleState'].ParameterValue")" != ENABLED ]; then
    decide 'Enable the schedule?'
    run aws cloudformation deploy --stack-name credlake --template-file deploy/collector.yaml \
      --s3-bucket "$CODE_BUCKET" --capabilities CAPABILITY_NAMED_IAM ${tags[@]+"${tags[@]}"} \
      --parameter-overrides ScheduleState=ENABLED
  fi
  say 'Deployed and scheduled. Next: "The first query" in docs/deploy.md.'
}

did_something=false
if [ "$account" = "$management" ]; then
  if [ "$partition" = aws-cn ]; then
    say 'In China the StackSet is self-managed: follow "GovCloud and China" in docs/deploy.md for parts 2 and 3.'
  else
    allow_in_the_organization
    deploy_the_member_role
  fi
  did_something=true
fi
if [ "$account" = "$COLLECTOR" ]; then
  deploy_the_collector
  check_and_schedule
  did_something=true
fi
$did_something || stop "Account $account is neither the management account nor COLLECTOR." \
  "Use credentials of $management, then of $COLLECTOR."
[ "$account" = "$COLLECTOR" ] || say "Next: the same command with credentials of the collector's account, $COLLECTOR."
