using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

[Settings("ConnectionStrings")]
internal sealed class ConnectionStringOptions : IValidatableObject
{
    private static readonly NpgsqlConnectionStringBuilder Known = [];

    [Secret]
    [Description("For operators with a PostgreSQL server of their own (15 or newer), for example "
        + "Host=db;Database=chunkupload;Username=chunkupload;Password=... Not set: a private cluster in the data directory.")]
    public string? Ledger { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrWhiteSpace(Ledger))
            yield break;

        string? wrong = null;
        try
        {
            // For Npgsql, zero means no timeout: a server that does not answer would block its caller for ever.
            wrong = new NpgsqlConnectionStringBuilder(Ledger) switch
            {
                { Host: null or "" } => "it names no Host",
                { Timeout: 0 } => "Timeout is 0, which waits forever; set a number of seconds, or leave it out",
                { Host: var hosts, TargetSessionAttributes: { } target }
                    when hosts.Contains(',', StringComparison.Ordinal) && target is not ("primary" or "read-write") =>
                    $"Target Session Attributes is {target}, and the ledger is written to: name primary, or leave it out",
                { CancellationTimeout: 0 } => "Cancellation Timeout is 0, which waits forever; set milliseconds, or leave it out",
                _ => null,
            };
        }
        catch (Exception reason) when (reason is ArgumentException or KeyNotFoundException or FormatException or OverflowException)
        {
            // The exception can quote a value, and an unquoted semicolon turns half a password into a keyword. So name known keywords only.
            wrong = reason is ArgumentException { ParamName: { Length: > 0 } keyword } && Known.ContainsKey(keyword)
                ? $"the value of {keyword} is not valid"
                : "it is not a list of Keyword=Value pairs that Npgsql knows (a value with a semicolon stands in quotes)";
        }

        if (wrong is not null)
            yield return new ValidationResult($"ConnectionStrings:Ledger cannot be used: {wrong}.", [nameof(Ledger)]);
    }
}
