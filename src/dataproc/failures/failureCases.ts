import { accountCases } from './accountCases';
import type { FailureCase } from './failureCase';
import { machineCases, runningCases } from './machineCases';
import { networkCases } from './networkCases';
import { policyCases } from './policyCases';
import { statusCases } from './statusCases';

/**
 * In the order in which they are tried: what names its cause comes before a bare code. What the service says was
 * gathered from Google's documentation and from reports of users; wordings may change, so each pattern holds the
 * least that tells a case from others.
 */
export const failureCases: readonly FailureCase[] = [
  ...networkCases,
  ...machineCases,
  ...accountCases,
  ...policyCases,
  ...runningCases,
  ...statusCases,
];
