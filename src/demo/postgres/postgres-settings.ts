/**
 * Settings for several small clusters on one machine with few cores: loopback only, no Unix socket (so no path that is
 * too long), no parallel workers, a bounded log of warnings. Durable unless `fsync` is off.
 */
export interface PostgresSettings {
  readonly port: number;
  readonly fsync: boolean;
  readonly majorVersion: number;
}

/** Arguments of postgres besides -D. */
export function postgresArguments(settings: PostgresSettings): readonly string[] {
  const values: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port: settings.port,
    unix_socket_directories: '',
    max_connections: 60,
    superuser_reserved_connections: 3,
    shared_buffers: '64MB',
    work_mem: '8MB',
    maintenance_work_mem: '32MB',
    fsync: settings.fsync ? 'on' : 'off',
    full_page_writes: settings.fsync ? 'on' : 'off',
    synchronous_commit: 'on',
    wal_level: 'minimal',
    max_wal_senders: 0,
    wal_buffers: '4MB',
    min_wal_size: '64MB',
    max_wal_size: '512MB',
    checkpoint_timeout: '15min',
    max_worker_processes: 2,
    max_parallel_workers_per_gather: 0,
    max_parallel_maintenance_workers: 0,
    autovacuum_max_workers: 1,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
  };
  // Since version 18 the default starts three processes for reading alone.
  if (settings.majorVersion >= 18) values['io_method'] = 'sync';
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
