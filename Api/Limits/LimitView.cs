using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>One limit that holds for the caller.</summary>
internal sealed record LimitView
{
    public const string Example = """
        {"name":"storedBytes","scope":"tenant","id":"default","limit":1073741824,"used":20971520,"available":1052770304}
        """;

    /// <summary>maxFileSize, storedBytes, files, openUploads, requestsPerMinute, creationsPerMinute or transfers.</summary>
    public required string Name { get; init; }

    /// <summary>Whose limit it is: service, tenant, user or key. All of them hold at once.</summary>
    public required string Scope { get; init; }

    /// <summary>The tenant's name, or the subject; null for the service's own limit.</summary>
    public required string? Id { get; init; }

    /// <summary>Null: only counted, not limited.</summary>
    public required long? Limit { get; init; }

    /// <summary>Null for what is not counted.</summary>
    public required long? Used { get; init; }

    /// <summary>How much more there may be.</summary>
    public required long? Available { get; init; }

    public static LimitView Of(string name, LimitTarget target, long? limit, LimitUsage usage)
    {
        var used = LimitNames.Of(usage, name);
        return new()
        {
            Name = name,
            Scope = target.Scope.Word(),
            Id = target.Scope == LimitScope.Tenant ? target.Tenant : target.Id,
            Limit = limit,
            Used = used,
            Available = limit is { } most && used is { } has ? Math.Max(0, most - has) : null,
        };
    }
}

/// <summary>The limits that were set for one tenant, user or key, or a default.</summary>
internal sealed record LimitRowView
{
    public const string Example = """
        {"scope":"user","tenant":"default","id":"8f14e45fceea167a5a36dedd4bea2543",
         "limits":{"maxFileSize":null,"storedBytes":1073741824,"files":1000,"openUploads":null,"requestsPerMinute":null,
         "creationsPerMinute":null,"transfers":8},
         "used":{"storedBytes":20971520,"files":3,"openUploads":1}}
        """;

    public required string Scope { get; init; }

    /// <summary>Null for a default.</summary>
    public required string? Tenant { get; init; }

    public required string Id { get; init; }

    public required LimitsBody Limits { get; init; }

    /// <summary>Null for a default, and for a key of a user, which counts for its user.</summary>
    public required LimitUsage? Used { get; init; }
}
