using System.Diagnostics.CodeAnalysis;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Model;

/// <summary>Identifies an entry of a tree, or a space. Written like an <see cref="UploadId"/>.</summary>
public readonly record struct EntryId(Guid Value)
{
    public static EntryId New() => new(FreshGuid.Next());

    public static bool TryParse([NotNullWhen(true)] string? text, out EntryId id)
    {
        var parsed = UploadId.TryParse(text, out var same);
        id = new EntryId(same.Value);
        return parsed;
    }

    public override string ToString() => Value.ToString("N");
}
