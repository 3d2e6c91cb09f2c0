using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

internal enum ConcatKind
{
    /// <summary>An upload of its own.</summary>
    None,

    /// <summary>Made to be joined with others.</summary>
    Partial,

    /// <summary>Joined from the partial uploads that it names.</summary>
    Final,
}

/// <summary><c>Upload-Concat: partial</c> or <c>final;url url …</c>.</summary>
internal static class ConcatField
{
    private const string Partial = "partial";
    private const string Final = "final;";

    /// <param name="urls">Of a final upload: what follows the semicolon.</param>
    public static Reading Read(StringValues field, out ConcatKind kind, out ReadOnlySpan<char> urls)
    {
        kind = ConcatKind.None;
        urls = default;
        if (field.Count == 0)
            return Reading.Absent;
        if (field.Count > 1)
            return Reading.Contradictory;
        var value = field[0].AsSpan();
        if (value.SequenceEqual(Partial))
        {
            kind = ConcatKind.Partial;
            return Reading.Found;
        }

        if (!value.StartsWith(Final, StringComparison.Ordinal))
            return Reading.Malformed;
        kind = ConcatKind.Final;
        urls = value[Final.Length..];
        return Reading.Found;
    }

    /// <summary>The addresses one by one; any number of blanks may lie between and around them (T142).</summary>
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
