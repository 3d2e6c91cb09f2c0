using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>A limit that applies to the caller.</summary>
internal sealed record LimitView
{
    public const string Example = """
        {"name":"storedBytes","scope":"tenant","id":"default","limit":1073741824,"used":20971520,"available":1052770304,"timetable":null}
        """;

    /// <summary>maxFileSize, storedBytes, files, openUploads, receivedPerDay, sentPerDay, requestsPerMinute, creationsPerMinute,
    /// requestsAtOnce, receiveBandwidth or sendBandwidth.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The limit's scope: service, tenant, user, key, or upload for each single upload. All of them apply at the same time.
    /// </summary>
    public required string Scope { get; init; }

    /// <summary>The tenant's name, or the subject; null for the service's own limit.</summary>
    public required string? Id { get; init; }

    /// <summary>
    /// The limit; for a bandwidth, the current bytes per second. Null if it is only counted, or not limited at this hour.
    /// </summary>
    public required long? Limit { get; init; }

    /// <summary>The usage; for a bandwidth, the bytes of the last second. Null if it is not counted.</summary>
    public required long? Used { get; init; }

    /// <summary>The remaining amount.</summary>
    public required long? Available { get; init; }

    /// <summary>The bandwidth over the week, as it was set; null for other limits.</summary>
    public string? Timetable { get; init; }

    public static LimitView Of(string name, LimitTarget target, BandwidthTimetable timetable, long? now, long? measured) => new()
    {
        Name = name,
        Scope = target.Scope == LimitScope.Default ? target.Id : target.Scope.Word(),
        Id = target.Scope switch
        {
            LimitScope.Service or LimitScope.Default or LimitScope.Session => null,
            LimitScope.Tenant => target.Tenant,
            _ => target.Id,
        },
        Limit = now,
        Used = target.Scope == LimitScope.Default ? null : measured,
        Available = now is { } most && measured is { } passes && target.Scope != LimitScope.Default ? Math.Max(0, most - passes) : null,
        Timetable = timetable.Text,
    };

    public static LimitView Of(string name, LimitTarget target, long? limit, long? used)
    {
        return new()
        {
            Name = name,
            Scope = target.Scope.Word(),
            Id = target.Scope switch { LimitScope.Session => null, LimitScope.Tenant => target.Tenant, _ => target.Id },
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
         "limits":{"maxFileSize":null,"storedBytes":1073741824,"files":1000,"openUploads":null,
         "receivedPerDay":null,"sentPerDay":null,"requestsPerMinute":null,
         "creationsPerMinute":null,"requestsAtOnce":8,"receiveBandwidth":"08:00,512k 18:00,10M 23:00,off","sendBandwidth":null,
         "types":null,"names":null,"metadata":null},
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
