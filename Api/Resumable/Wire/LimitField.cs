using System.Text;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>The values of <c>Upload-Limit</c>; null for no limit of that kind.</summary>
internal sealed record UploadLimits
{
    public long? MaxSize { get; init; }

    public long MinSize { get; init; }

    public long? MaxAppendSize { get; init; }

    public long MinAppendSize { get; init; }

    /// <summary>The time until the upload expires, in seconds.</summary>
    public long? MaxAge { get; init; }
}

/// <summary><c>Upload-Limit</c>: a dictionary of integers (R13).</summary>
internal static class LimitField
{
    /// <param name="ageKey">The key of the expiry in the client's version.</param>
    public static string Write(UploadLimits limits, string ageKey)
    {
        var text = new StringBuilder();
        Add(text, "max-size", limits.MaxSize);
        // At least one key is required; without limits it is this one (R20).
        Add(text, "min-size", limits.MinSize);
        Add(text, "max-append-size", limits.MaxAppendSize);
        Add(text, "min-append-size", limits.MinAppendSize > 0 ? limits.MinAppendSize : null);
        Add(text, ageKey, limits.MaxAge);
        return text.ToString();
    }

    private static void Add(StringBuilder text, string key, long? number)
    {
        if (number is not { } value)
            return;
        if (text.Length > 0)
            text.Append(", ");
        text.Append(key).Append('=').Append(ItemField.Write(value));
    }
}
