using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Dav;

internal enum DavDepth
{
    Zero,
    One,
    Infinity,
}

/// <summary>The headers Depth and Overwrite.</summary>
internal static class DavHeaders
{
    /// <param name="absent">The depth of a request without the header.</param>
    public static Refusal? ReadDepth(HttpRequest request, DavDepth absent, out DavDepth depth)
    {
        depth = absent;
        if (request.Headers["Depth"] is not { Count: > 0 } header)
            return null;
        switch (header.ToString().ToUpperInvariant())
        {
            case "0":
                depth = DavDepth.Zero;
                return null;
            case "1":
                depth = DavDepth.One;
                return null;
            case "INFINITY":
                depth = DavDepth.Infinity;
                return null;
            default:
                return Refusal.Of(RequestError.InvalidHeader, "Depth must be 0, 1 or infinity.");
        }
    }

    public static Refusal? ReadOverwrite(HttpRequest request, out bool overwrite)
    {
        overwrite = true;
        if (request.Headers["Overwrite"] is not { Count: > 0 } header)
            return null;
        overwrite = header.ToString() is "T" or "t";
        return overwrite || header.ToString() is "F" or "f"
            ? null
            : Refusal.Of(RequestError.InvalidHeader, "Overwrite must be T or F.");
    }

    /// <summary>Refuses a limited depth for methods that always apply to a whole folder.</summary>
    public static Refusal? RequireInfinity(HttpRequest request) =>
        ReadDepth(request, DavDepth.Infinity, out var depth) ?? (depth == DavDepth.Infinity
            ? null
            : Refusal.Of(RequestError.InvalidHeader, $"{request.Method} takes a folder with all that is in it: Depth must be infinity."));
}
