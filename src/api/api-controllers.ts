/** Every controller of the REST edge: what is served and what the OpenAPI document describes are this one list. */
import type { Type } from '@nestjs/common';
import { SubmitController } from './transactions/submit.controller.js';
import { TransactionsController } from './transactions/transactions.controller.js';

export const API_CONTROLLERS: readonly Type<object>[] = [SubmitController, TransactionsController];
