using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Database.Embedded;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Settings of the ledger's database: how the service connects to it and, if there is no connection string, how it runs its own.
/// </summary>
[Settings("Database")]
internal sealed class DatabaseOptions : IValidatableObject
{
    /// <summary>Connections outside the ledger's pool: the scheduler's, a migration's, an operator's psql, PostgreSQL's own.</summary>
    public const int ConnectionsBesidePool = 40;

    [Description("The ledger's connections; 3 more record received bytes. Lower it if few are allowed.")]
    [Range(2, 500)]
    public int MaxPoolSize { get; set; } = 32;

    [Description("The time limit of one statement of a request. Raise it for a slow disk.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one statement may run: longer than any of our statements takes.</summary>
    public TimeSpan CommandTimeout { get; internal set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the start waits for the operator's own server, which may be starting too.</summary>
    public TimeSpan ConnectTimeout { get; internal set; } = TimeSpan.FromSeconds(30);

    [Description("Private cluster: the folder with PostgreSQL's server programs. Not set: the newest installed ones are found. For "
        + "operators with several versions of PostgreSQL.")]
    public string? BinDirectory { get; set; }

    [Description("Private cluster: where it lies when the service runs as root in a data directory that PostgreSQL's user cannot enter. "
        + "For operators who keep such data on another disk.")]
    [Required]
    public string PrivateDirectory { get; set; } = "/var/lib/chunkupload-postgres";

    /// <summary>
    /// Private cluster: how long it may take to start. After a crash of the machine it first replays its log, up to max_wal_size.
    /// </summary>
    public TimeSpan StartTimeout { get; internal set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Private cluster: how long a fast stop may take, within a container's grace period. Then the service stops it immediately.
    /// </summary>
    public TimeSpan StopTimeout { get; internal set; } = TimeSpan.FromSeconds(8);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BinDirectory is { Length: > 0 } bin && !PostgresPrograms.AreIn(bin))
            yield return new ValidationResult($"Database:BinDirectory is {bin}, which has no postgres and initdb.", [nameof(BinDirectory)]);
        if (!Path.IsPathRooted(PrivateDirectory))
            yield return new ValidationResult("Database:PrivateDirectory must be an absolute path.", [nameof(PrivateDirectory)]);
    }
}
