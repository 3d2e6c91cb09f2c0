using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>One numbered file of tables, <c>db/NNNN_name.sql</c>: applied once and never edited afterwards.</summary>
internal sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>The SHA-256 of the text with LF line ends, so that a checkout with other line ends does not count as an edit.</summary>
    public byte[] Checksum => SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n")));

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"db/{Number:0000}_{Name}.sql");
}
