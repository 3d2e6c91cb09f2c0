using System.Globalization;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Dav;

/// <summary>The parameters of a LOCK request.</summary>
/// <param name="Refreshes">Whether it has no body and refreshes a lock.</param>
/// <param name="Owner">The owner element, as XML; empty if there is none.</param>
internal sealed record LockRequest(bool Refreshes, bool Exclusive, bool Deep, string Owner, long Seconds)
{
    /// <summary>The maximum timeout of a lock in seconds. A client can refresh the lock.</summary>
    public const long MaxSeconds = 3600;

    /// <summary>
    /// The maximum length of the owner element. Each entry below a locked folder is described with it, so a long one takes much memory.
    /// </summary>
    private const int MaxOwner = 1024;

    public static async Task<(LockRequest? Request, Refusal? Refusal)> ReadAsync(HttpContext context)
    {
        if (DavHeaders.ReadDepth(context.Request, DavDepth.Infinity, out var depth) is { } wrong)
            return (null, wrong);
        if (depth == DavDepth.One)
            return (null, Refusal.Of(RequestError.InvalidHeader, "LOCK has Depth 0 or infinity."));
        var (root, refusal) = await DavXml.ReadAsync(context);
        if (refusal is not null)
            return (null, refusal);
        var seconds = SecondsOf(context.Request.Headers["Timeout"].ToString());
        if (root is null)
            return (new LockRequest(true, false, false, "", seconds), null);
        var scope = root.Element(DavXml.Dav + "lockscope");
        var exclusive = scope?.Element(DavXml.Dav + "exclusive") is not null;
        if (root.Name != DavXml.Dav + "lockinfo" || root.Element(DavXml.Dav + "locktype")?.Element(DavXml.Dav + "write") is null
            || exclusive == (scope?.Element(DavXml.Dav + "shared") is not null))
        {
            return (null, Refusal.Of(
                RequestError.MalformedXml, "The body must be a lockinfo element with a scope, exclusive or shared, and the type write."));
        }

        var owner = root.Element(DavXml.Dav + "owner") is { } element ? DavXml.TextOf(element) : "";
        return owner.Length > MaxOwner
            ? (null, Refusal.Of(RequestError.BodyTooLarge, $"The owner element has at most {MaxOwner} characters."))
            : (new LockRequest(false, exclusive, depth == DavDepth.Infinity, owner, seconds), null);
    }

    /// <summary>Returns the first timeout of the list that the service supports, at most the maximum.</summary>
    private static long SecondsOf(string timeout)
    {
        foreach (var one in timeout.Split(',', StringSplitOptions.TrimEntries))
        {
            if (one.StartsWith("Second-", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(one.AsSpan("Second-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                return Math.Clamp(seconds, 1, MaxSeconds);
        }

        return MaxSeconds;
    }
}
