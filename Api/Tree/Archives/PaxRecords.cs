using System.Buffers.Text;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>The records of an extended header (POSIX pax), which describe the next member.</summary>
internal sealed class PaxRecords
{
    public byte[]? Path { get; private set; }
    public byte[]? Link { get; private set; }
    public string? Modified { get; private set; }
    public long? Size { get; private set; }

    /// <summary>The file's media type and its SHA-256 in hexadecimal digits, as the client declares them; not validated.</summary>
    public string? ContentType { get; private set; }
    public string? Sha256 { get; private set; }

    /// <summary>Whether the data only contains the parts of the file that are not empty (a sparse file).</summary>
    public bool IsSparse { get; private set; }

    /// <returns>Null if the records are malformed.</returns>
    public static PaxRecords? Parse(ReadOnlySpan<byte> data)
    {
        var records = new PaxRecords();
        while (!data.IsEmpty)
        {
            // "LENGTH KEY=VALUE\n"; the length is that of the whole record.
            if (!Utf8Parser.TryParse(data, out int length, out var digits) || length <= digits + 1 || length > data.Length
                || data[digits] != ' ' || data[length - 1] != '\n')
                return null;
            var record = data[(digits + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0 || !records.Take(record[..equals], record[(equals + 1)..]))
                return null;
            data = data[length..];
        }

        return records;
    }

    private bool Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8))
        {
            Path = value.ToArray();
        }
        else if (key.SequenceEqual("linkpath"u8))
        {
            Link = value.ToArray();
        }
        else if (key.SequenceEqual("mtime"u8))
        {
            Modified = System.Text.Encoding.UTF8.GetString(value);
        }
        else if (key.SequenceEqual("CHUNKUPLOAD.type"u8))
        {
            ContentType = System.Text.Encoding.UTF8.GetString(value);
        }
        else if (key.SequenceEqual("CHUNKUPLOAD.sha256"u8))
        {
            Sha256 = System.Text.Encoding.UTF8.GetString(value);
        }
        else if (key.SequenceEqual("size"u8))
        {
            if (!Utf8Parser.TryParse(value, out long size, out var used) || used != value.Length || size < 0)
                return false;
            Size = size;
        }
        else if (key.StartsWith("GNU.sparse."u8))
        {
            IsSparse = true;
        }

        return true;
    }
}
