/** The REST edge as a Nest module. The composition root registers it with what makes its ports; it knows no adapter. */
import { Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider, ModuleMetadata } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { API_CONTROLLERS } from './api-controllers.js';
import { API_PORTS, type ApiPorts } from './api-ports.js';
import { AllowedMethods } from './http/allowed-methods.js';
import { ApiDrain } from './api-drain.js';
import { ProblemFilter } from './problems/problem-filter.js';

export interface ApiModuleOptions {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** Tokens whose values the factory is called with. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: FactoryProvider<ApiPorts>['useFactory'];
}

@Module({})
export class ApiModule {
  static register(options: ApiModuleOptions): DynamicModule {
    return {
      module: ApiModule,
      imports: options.imports ?? [],
      controllers: [...API_CONTROLLERS],
      providers: [
        { provide: API_PORTS, useFactory: options.useFactory, inject: options.inject ?? [] },
        { provide: APP_FILTER, useClass: ProblemFilter },
        AllowedMethods,
        ApiDrain,
      ],
      exports: [ApiDrain],
    };
  }
}
