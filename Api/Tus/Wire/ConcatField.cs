using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

internal enum ConcatKind
{
    /// <summary>An independent upload.</summary>
    None,

    /// <summary>A part, to be joined with others.</summary>
    Partial,

    /// <summary>Joined from the partial uploads that it names.</summary>
    Final,
}

/// <summary>Parses <c>Upload-Concat: partial</c> or <c>final;url url …</c>.</summary>
internal static class ConcatField
{
    private const string Partial = "partial";
    private const string Final = "final;";

    /// <param name="urls">For a final upload: the text after the semicolon.</param>
    public static FieldStatus Read(StringValues field, out ConcatKind kind, out ReadOnlySpan<char> urls)
    {
        kind = ConcatKind.None;
        urls = default;
        if (field.Count == 0)
            return FieldStatus.Absent;
        if (field.Count > 1)
            return FieldStatus.Contradictory;
        var value = field[0].AsSpan();
        if (value.SequenceEqual(Partial))
        {
            kind = ConcatKind.Partial;
            return FieldStatus.Found;
        }

        if (!value.StartsWith(Final, StringComparison.Ordinal))
            return FieldStatus.Malformed;
        kind = ConcatKind.Final;
        urls = value[Final.Length..];
        return FieldStatus.Found;
    }

    /// <summary>Enumerates the addresses, separated by any number of spaces (T142).</summary>
    public static PartUrls Split(ReadOnlySpan<char> urls) => new(urls);

    internal ref struct PartUrls(ReadOnlySpan<char> rest)
    {
        private ReadOnlySpan<char> _rest = rest;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly PartUrls GetEnumerator() => this;

        public bool MoveNext()
        {
            _rest = _rest.TrimStart(" \t");
            if (_rest.IsEmpty)
                return false;
            var end = _rest.IndexOfAny(' ', '\t');
            Current = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[end..];
            return true;
        }
    }
}
