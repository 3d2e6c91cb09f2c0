using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Advisor;

/// <summary>The body of <c>POST /api/advice</c>; every field is optional.</summary>
internal sealed record AdviceRequestBody
{
    /// <summary>The file's bytes.</summary>
    public long? Size { get; init; }

    /// <summary>The protocol of the upload: session, put, tus or ietf; session if left out.</summary>
    public string? Protocol { get; init; }

    /// <summary>The round trip to the service in milliseconds.</summary>
    public double? RoundTripMs { get; init; }

    /// <summary>The link's rate in Mbit/s, as the browser's network information has it.</summary>
    public double? DownlinkMbps { get; init; }

    /// <summary>The link's class: slow-2g, 2g, 3g or 4g.</summary>
    public string? EffectiveType { get; init; }

    /// <summary>Whether the person wants to save data.</summary>
    public bool? SaveData { get; init; }

    /// <summary>Whether bytes cost money.</summary>
    public bool? Metered { get; init; }

    /// <summary>Whether the device runs on battery.</summary>
    public bool? Battery { get; init; }
}

internal static class AskedNetwork
{
    /// <summary>Applies the fields of a body, which take precedence over the headers.</summary>
    public static ClientNetwork With(this ClientNetwork link, AdviceRequestBody body) => link with
    {
        RoundTrip = body.RoundTripMs is { } trip ? Math.Min(trip, ClientHints.LongestTripMs) / 1000 : link.RoundTrip,
        Rate = body.DownlinkMbps is null && body.EffectiveType is null
            ? link.Rate
            : ClientHints.RateOf(body.DownlinkMbps ?? 0, body.EffectiveType),
        Sparing = body.SaveData == true || body.Metered == true || body.Battery == true ? true : link.Sparing,
    };
}
