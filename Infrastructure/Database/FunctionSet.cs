using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>One file of <c>db/functions</c>: a type (<c>.type.sql</c>), a view (<c>.view.sql</c>), or a function.</summary>
internal sealed record FunctionFile(string Name, string Sql)
{
    /// <summary>Gets a value that indicates whether functions take or return rows of this type or view.</summary>
    public bool IsRowType => Name.EndsWith(".type.sql", StringComparison.Ordinal) || Name.EndsWith(".view.sql", StringComparison.Ordinal);
}

/// <summary>
/// All files of <c>db/functions</c> and the number in <c>db/functions/version</c>. A change of any file needs a higher number.
/// </summary>
internal sealed class FunctionSet
{
    /// <param name="files">In any order. Types and views are created first, because functions take and return their rows.</param>
    public FunctionSet(int number, IEnumerable<FunctionFile> files)
    {
        Number = number;
        Files = [.. files.OrderBy(file => !file.IsRowType).ThenBy(file => file.Name, StringComparer.Ordinal)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files)
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Name}\n{file.Sql.ReplaceLineEndings("\n")}\0"));
        Checksum = hash.GetHashAndReset();
    }

    public int Number { get; }

    public IReadOnlyList<FunctionFile> Files { get; }

    /// <summary>The SHA-256 of all names and texts.</summary>
    public byte[] Checksum { get; }
}
