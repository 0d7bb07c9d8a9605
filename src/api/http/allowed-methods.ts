/** Which methods a path answers to, for 405 and its Allow header (RFC 9110, 15.5.6). Filled as routes are registered. */
import { Injectable } from '@nestjs/common';

interface KnownRoute {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

function patternOf(route: string): RegExp {
  const segments = route.split('/').map((segment) => {
    if (segment === '*') return '.*';
    if (/^:[A-Za-z]/.test(segment)) return '[^/]+';
    return segment.replaceAll('::', ':').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${segments.join('/')}$`);
}

@Injectable()
export class AllowedMethods {
  private readonly routes = new Map<string, KnownRoute>();

  add(route: string, method: string): void {
    const known = this.routes.get(route) ?? { pattern: patternOf(route), methods: new Set<string>() };
    known.methods.add(method);
    this.routes.set(route, known);
  }

  /** Sorted; empty when no route matches the path of `url`. */
  of(url: string): readonly string[] {
    const path = url.split('?', 1)[0] ?? '';
    const methods = new Set<string>();
    for (const route of this.routes.values()) {
      if (route.pattern.test(path)) for (const method of route.methods) methods.add(method);
    }
    return [...methods].sort((left, right) => (left < right ? -1 : 1));
  }
}
