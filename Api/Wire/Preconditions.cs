using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Wire;

internal enum Precondition
{
    Holds,
    NotModified,
    Failed,
}

/// <summary>Evaluates the conditional headers in the order of RFC 9110, 13.2.2, for existing content.</summary>
internal static class Preconditions
{
    public static Precondition Check(HttpRequest request, EntityTagHeaderValue tag, DateTimeOffset lastModified)
    {
        var headers = request.Headers;
        if (headers.IfMatch.Count > 0)
        {
            if (!Matches(headers.IfMatch, tag, strong: true))
                return Precondition.Failed;
        }
        else if (Date(headers.IfUnmodifiedSince.ToString()) is { } unmodifiedSince && lastModified > unmodifiedSince)
        {
            return Precondition.Failed;
        }

        if (headers.IfNoneMatch.Count > 0)
            return Matches(headers.IfNoneMatch, tag, strong: false) ? Precondition.NotModified : Precondition.Holds;
        return Date(headers.IfModifiedSince.ToString()) is { } modifiedSince && lastModified <= modifiedSince
            ? Precondition.NotModified
            : Precondition.Holds;
    }

    /// <summary>Returns whether Range applies: If-Range is missing or names exactly this content.</summary>
    public static bool RangeHolds(HttpRequest request, EntityTagHeaderValue tag, DateTimeOffset lastModified)
    {
        if (request.Headers.IfRange.Count == 0)
            return true;
        return RangeConditionHeaderValue.TryParse(request.Headers.IfRange.ToString(), out var condition)
            && (condition.EntityTag is { } wanted
                ? tag.Compare(wanted, useStrongComparison: true)
                : condition.LastModified == lastModified);
    }

    private static bool Matches(Microsoft.Extensions.Primitives.StringValues field, EntityTagHeaderValue tag, bool strong)
    {
        // A malformed list matches nothing: If-Match then fails, and If-None-Match lets the content be sent.
        if (!EntityTagHeaderValue.TryParseList(field, out var wanted))
            return false;
        foreach (var one in wanted)
        {
            if (one.Equals(EntityTagHeaderValue.Any) || tag.Compare(one, strong))
                return true;
        }

        return false;
    }

    private static DateTimeOffset? Date(string text) => HeaderUtilities.TryParseDate(text, out var date) ? date : null;
}
