using System.Globalization;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>
/// The cluster's settings, all on the postmaster's command line. A running postmaster with another command line has other settings, and is
/// restarted.
/// </summary>
internal static class ClusterSettings
{
    public static IReadOnlyList<string> CommandLine(ClusterPlace place, PostgresPrograms programs, DatabaseOptions options)
    {
        (string Name, string Value)[] settings =
        [
            ("listen_addresses", ""),
            ("unix_socket_directories", '"' + place.SocketDirectory.Replace("\"", "\"\"", StringComparison.Ordinal) + '"'),
            ("unix_socket_permissions", "0700"),
            ("max_connections", (options.MaxPoolSize + DatabaseOptions.ConnectionsBesidePool).ToString(CultureInfo.InvariantCulture)),
            // An operator whose ledger needs more memory runs a PostgreSQL server of their own.
            ("shared_buffers", "64MB"),
            ("max_wal_size", "512MB"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            // The statements are short and use indexes: compiling them costs more than running them.
            ("jit", "off"),
            // After a kill of the service, its running statements end within a second.
            ("client_connection_check_interval", "1000"),
            ("TimeZone", "UTC"),
            ("log_timezone", "UTC"),
            // A week of logs, one file a day.
            ("logging_collector", "on"),
            ("log_directory", "log"),
            ("log_filename", "postgresql-%a.log"),
            ("log_rotation_age", "1d"),
            ("log_rotation_size", "0"),
            ("log_truncate_on_rotation", "on"),
            ("log_checkpoints", "off"),
        ];

        List<string> line = [programs.Postgres, "-D", place.Directory];
        foreach (var (name, value) in settings)
        {
            line.Add("-c");
            line.Add($"{name}={value}");
        }

        return line;
    }
}
