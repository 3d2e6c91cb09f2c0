using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Tree;

/// <summary>The headers that describe an entry: its time, its mode, and its preconditions.</summary>
internal sealed record EntryHeaders(NanoTime? Modified, int? Mode, string? LinkTarget, bool MustBeNew, IReadOnlyList<string>? Tags)
{
    /// <summary>Seconds since 1970, as ownCloud, Nextcloud and rclone send it.</summary>
    public const string ModifiedAt = "X-OC-Mtime";

    public const string ModeBits = "X-File-Mode";

    /// <summary>The target of a symbolic link, percent-encoded.</summary>
    public const string Link = "X-Link-Target";

    public static EndpointDoc.Parameter IfMatch { get; } =
        new("If-Match", "Only if the entry has this revision (\"r5\") or this content (its ETag).", "\"r5\"");

    /// <summary>Refuses a request whose If-Match matches neither the entry's revision nor its content.</summary>
    public static Refusal? RefuseUnmet(HttpContext context, Entry? entry)
    {
        var (tags, refusal) = TagsOf(context.Request.Headers);
        return refusal ?? (Matches(tags, entry) ? null : Refusal.Of(TreeRefusals.Changed()));
    }

    /// <summary>The ETags of If-None-Match, which the entry must not have; null if there are none.</summary>
    public IReadOnlyList<string>? NotTags { get; private init; }

    /// <summary>
    /// The time of If-Unmodified-Since, after which the entry must not have been changed; null without it or with If-Match.
    /// </summary>
    public DateTimeOffset? UnmodifiedSince { get; private init; }

    /// <summary>Whether there is any precondition.</summary>
    public bool HasConditions => Tags is not null || NotTags is not null || UnmodifiedSince is not null || MustBeNew;

    /// <param name="allConditions">Whether If-None-Match may contain ETags and not only *, and If-Unmodified-Since is evaluated.</param>
    public static (EntryHeaders? Headers, Refusal? Refusal) Read(IHeaderDictionary headers, bool allConditions = false)
    {
        NanoTime? modified = null;
        int? mode = null;
        string? link = null;
        if (headers[ModifiedAt] is { Count: > 0 } time)
        {
            if (!NanoTime.TryParse(time.ToString(), out var parsed))
                return (null, Refused($"{ModifiedAt} must be seconds since 1970, such as 1769765400.123456789."));
            modified = parsed;
        }

        if (headers[ModeBits] is { Count: > 0 } bits)
        {
            if (!FileMode.TryParse(bits.ToString(), out var parsed))
                return (null, Refused($"{ModeBits} must be octal permission bits, such as 0644."));
            mode = parsed;
        }

        if (headers[Link] is { Count: > 0 } target)
        {
            if (!RawName.TryRead("/" + target, "/", out link) || LinkFault(link) is not null)
                return (null, Refused($"{Link} must be the target, percent-encoded UTF-8 of 1 to {TreePath.MaxPathBytes} bytes."));
        }

        var fresh = headers.IfNoneMatch.Count > 0 && headers.IfNoneMatch.ToString().Trim() == "*";
        IReadOnlyList<string>? not = null;
        if (headers.IfNoneMatch.Count > 0 && !fresh)
        {
            if (!allConditions)
                return (null, Refused("A change accepts If-None-Match only as *: there must be nothing at this path yet."));
            if (!EntityTagHeaderValue.TryParseStrictList(headers.IfNoneMatch, out var list))
                return (null, Refused("If-None-Match must be * or a list of ETags."));
            not = [.. list.Select(tag => tag.Tag.ToString().Trim('"'))];
        }

        var (tags, refusal) = TagsOf(headers);
        if (refusal is not null)
            return (null, refusal);
        // A malformed date is ignored (RFC 9110, 13.1.4).
        DateTimeOffset? since = allConditions && tags is null
            && HeaderUtilities.TryParseDate(headers.IfUnmodifiedSince.ToString(), out var date) ? date : null;
        return (new EntryHeaders(modified, mode, link, fresh, tags) { NotTags = not, UnmodifiedSince = since }, null);
    }

    /// <returns>Null if the target is valid; otherwise a sentence that says what is wrong.</returns>
    public static string? LinkFault(string target) =>
        target.Length == 0 || target.Contains('\0', StringComparison.Ordinal)
            || System.Text.Encoding.UTF8.GetByteCount(target) > TreePath.MaxPathBytes
            ? $"A link's target has 1 to {TreePath.MaxPathBytes} bytes of UTF-8 without U+0000."
            : null;

    /// <summary>
    /// Refuses a change of this entry if If-Match matches neither its revision nor its content, if it was changed after the given time, or
    /// if no entry may exist at its path.
    /// </summary>
    public Refusal? Refuse(Entry? entry)
    {
        if (!Matches(Tags, entry))
            return Refusal.Of(TreeRefusals.Changed());
        if (entry is not null && WholeSeconds(entry.Modified) > UnmodifiedSince)
            return Refusal.Of(RequestError.PreconditionFailed, "It was changed after the time of If-Unmodified-Since.");
        if (entry is not null && NotTags is not null && Matches(NotTags, entry))
            return Refusal.Of(RequestError.PreconditionFailed, "The file has one of the contents of If-None-Match.");
        return MustBeNew && entry is not null ? Taken() : null;
    }

    /// <summary>Maps a failure of the ledger. With If-None-Match, a name that was taken in the meantime fails that condition.</summary>
    public Refusal Refuse(UploadFailure failure) =>
        MustBeNew && failure.Error == UploadError.NameTaken ? Taken() : Refusal.Of(failure);

    /// <summary>Returns the revision that the ledger must compare, if the client sent one.</summary>
    public long? RevisionOf(Entry? entry) =>
        (Tags is null || Tags.Contains("*")) && NotTags is null && UnmodifiedSince is null ? null : entry?.Revision;

    // The precision of Last-Modified.
    private static DateTimeOffset WholeSeconds(NanoTime time)
    {
        var exact = time.ToTime();
        return exact.AddTicks(-(exact.Ticks % TimeSpan.TicksPerSecond));
    }

    private static bool Matches(IReadOnlyList<string>? tags, Entry? entry) => tags is null
        || (entry is not null && tags.Any(tag => tag == "*" || tag == $"r{entry.Revision}" || tag == entry.Upload?.ToString()));

    private static (IReadOnlyList<string>? Tags, Refusal? Refusal) TagsOf(IHeaderDictionary headers)
    {
        if (headers.IfMatch.Count == 0)
            return (null, null);
        return EntityTagHeaderValue.TryParseStrictList(headers.IfMatch, out var list)
            ? ([.. list.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.ToString().Trim('"'))], null)
            : (null, Refused("If-Match must be a list of ETags, such as \"r5\"."));
    }

    private static Refusal Taken() => Refusal.Of(RequestError.PreconditionFailed, "There is something at this path already.");

    private static Refusal Refused(string detail) => Refusal.Of(RequestError.InvalidHeader, detail);
}
