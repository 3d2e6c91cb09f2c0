using System.Diagnostics;
using System.Runtime.InteropServices;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Api.Health;

/// <summary>The state and configuration of the running service.</summary>
internal sealed record SystemView
{
    public const string Example = """
        {"version":"1.4.0","runtime":".NET 10.0.0","platform":"Debian GNU/Linux 12 (bookworm)","startedAt":"2026-01-15T09:30:00.000Z",
         "certificateEndsAt":"2026-04-15T09:30:00.000Z",
         "checks":{"disk":{"ok":true,"detail":null,"figures":{"freeBytes":52428800000,"totalBytes":107374182400,"reserveBytes":536870912}}},
         "work":[{"kind":"delivery","due":0,"waiting":2,"running":1,"oldestMs":0}],
         "settings":[{"key":"Data:Directory","value":"/var/lib/chunkupload","source":"environment","isDefault":false,"isSecret":false,
         "meaning":"Where files are kept."}]}
        """;

    public required string Version { get; init; }

    public required string Runtime { get; init; }

    public required string Platform { get; init; }

    /// <summary>When this process started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the operator's TLS certificate ends; null without one.</summary>
    public required DateTimeOffset? CertificateEndsAt { get; init; }

    /// <summary>The checks of /health/ready.</summary>
    public required IReadOnlyDictionary<string, CheckView> Checks { get; init; }

    /// <summary>The background work of the service by kind, as of a few seconds ago.</summary>
    public required IReadOnlyList<WorkView> Work { get; init; }

    /// <summary>Every setting, in the order of the documentation.</summary>
    public required IReadOnlyList<SettingView> Settings { get; init; }
}

/// <summary>The work of one kind.</summary>
/// <param name="Due">Items that could be worked on now.</param>
/// <param name="Waiting">Items that are due later.</param>
/// <param name="OldestMs">For how long the oldest of the due items has been due.</param>
internal sealed record WorkView(string Kind, long Due, long Waiting, long Running, long OldestMs);

/// <summary>A setting in force.</summary>
internal sealed record SettingView
{
    /// <summary>Section:Name.</summary>
    public required string Key { get; init; }

    /// <summary>As it is configured; *** for a secret that is set.</summary>
    public required string Value { get; init; }

    /// <summary>default, or where the value comes from.</summary>
    public required string Source { get; init; }

    public required bool IsDefault { get; init; }

    public required bool IsSecret { get; init; }

    public required string Meaning { get; init; }

    public static SettingView Of(EffectiveValue value) => new()
    {
        Key = value.Setting.Key,
        Value = value.Shown,
        Source = value.Source,
        IsDefault = value.Source == EffectiveValue.Default,
        IsSecret = value.Setting.IsSecret,
        Meaning = value.Setting.Sentence,
    };
}

/// <summary>GET /api/system: version, health and configuration, for the page that shows them.</summary>
internal static class GetSystem
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/system", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Operate).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, ServiceConfiguration configuration, ReadinessCheck check, TlsCertificate certificate,
        WorkRunner work)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } refusal)
            return refusal;
        using var process = Process.GetCurrentProcess();
        var view = new SystemView
        {
            Version = Banner.Version,
            Runtime = RuntimeInformation.FrameworkDescription,
            Platform = RuntimeInformation.OSDescription,
            StartedAt = process.StartTime.ToUniversalTime(),
            CertificateEndsAt = certificate.EndsAt,
            Checks = await check.RunAsync(context.RequestAborted),
            Work =
            [
                .. work.Counts.Select(one => new WorkView(
                    one.Kind, one.Due, one.Waiting, one.Running, (long)one.Oldest.TotalMilliseconds)),
            ],
            Settings = [.. configuration.Values.Select(SettingView.Of)],
        };
        return JsonAnswer.Of(view, ApiJson.Out.SystemView);
    }

    private static EndpointDoc Doc => new(
        "Operations", nameof(GetSystem), "Ask how the service runs",
        "For operators: version, health, and every setting with its source. Secrets are masked.")
    {
        Answers = [new(200, "The service.", typeof(SystemView), SystemView.Example)],
        Errors = [RequestError.InvalidParameter],
    };
}
