using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>The settings of each connection to the ledger: parameters of Npgsql, and statements that a new connection runs first.</summary>
internal static class ConnectionSettings
{
    /// <summary>
    /// For the recording connections. Their functions find rows by keys alone, so one plan fits all values, also after the tables have
    /// grown. By default the server plans some of the statements anew in each call, which was three quarters of its cost for a small file.
    /// </summary>
    public const string OnePlan = "; set plan_cache_mode = force_generic_plan";

    // More than the number of different statements in the service.
    private const int PreparedStatements = 200;

    // Shorter than the idle timeout of any usual firewall.
    private const int KeepAliveSeconds = 60;

    // With several servers: after a failover the new primary is found within this time, and one whose machine is off delays a connection by
    // no more than that.
    private const int RecheckSeconds = 1;
    private const int ConnectSeconds = 5;

    // A machine that is off closes no connection. Those in the pool are given up before a request waits for one of them.
    private const int LostAfterSeconds = 10;
    private const int AskAgainSeconds = 2;

    // Overrides the settings of server, database and role: a commit is answered only once it is on the disk. Stricter values stay. A lock
    // does not outlive the machine or the process that holds it by more than a minute, unless the operator has set another time.
    private const string Always = """
        set enable_seqscan = off; set jit = off;
        select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
        select set_config('tcp_user_timeout', '15s', false) where current_setting('tcp_user_timeout') = '0';
        select set_config('idle_in_transaction_session_timeout', '60s', false)
        where current_setting('idle_in_transaction_session_timeout') = '0'
        """;

    // A commit waits for the standby's disk. The server reports a wait that was cut short as a warning. The application's name, which the
    // server reports to Npgsql, tells on which server and timeline the connection is.
    private const string WithStandby = """
        ;
        select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('local', 'remote_write');
        set client_min_messages = warning;
        select set_config('application_name', concat_ws(' ', 'timeline',
            (select system_identifier from pg_control_system()), left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
            current_setting('application_name')), false)
        """;

    public static string Statements(LedgerUse use) => use.NeedsStandby ? Always + WithStandby : Always;

    /// <summary>The server and the timeline on which a connection with <see cref="WithStandby"/> is.</summary>
    public static string TimelineOf(NpgsqlConnection connection) =>
        connection.PostgresParameters["application_name"] is var name && name.Split(' ') is ["timeline", var server, var timeline, ..]
            ? $"{server} {timeline}"
            : name;

    public static NpgsqlConnectionStringBuilder Parse(string connectionString, DatabaseOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString)
        {
            SearchPath = LedgerDatabase.SearchPath,
            MaxPoolSize = options.MaxPoolSize,
            CommandTimeout = (int)options.CommandTimeout.TotalSeconds,
            MaxAutoPrepare = PreparedStatements,
            NoResetOnClose = true,
        };
        text.ApplicationName ??= "ChunkUpload";
        if (!text.Host!.Contains(',', StringComparison.Ordinal))
            return text;
        text.TargetSessionAttributes ??= "primary";
        if (!text.ShouldSerialize("Host Recheck Seconds"))
            text.HostRecheckSeconds = RecheckSeconds;
        if (!text.ShouldSerialize("Timeout"))
            text.Timeout = ConnectSeconds;
        if (text.Host is [not '/' and not '@', ..] && !text.ShouldSerialize("TCP Keepalive"))
            (text.TcpKeepAlive, text.TcpKeepAliveTime, text.TcpKeepAliveInterval) = (true, LostAfterSeconds, AskAgainSeconds);
        return text;
    }

    /// <summary>
    /// Adds keepalives for a long-lived connection, which may be idle for days. A firewall on the way could drop it silently, and all
    /// records would wait until that is detected.
    /// </summary>
    public static string OfSingle(string connectionString)
    {
        var single = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        // A path names a Unix socket, which needs no keepalive.
        if (single.Host is [not '/' and not '@', ..] && !single.TcpKeepAlive)
            (single.TcpKeepAlive, single.TcpKeepAliveTime) = (true, KeepAliveSeconds);
        return single.ConnectionString;
    }
}
