using System.Globalization;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Service;

/// <summary>Reads from the ledger where bytes are stored, to find them on a disk without the service.</summary>
internal sealed class Extents
{
    private static readonly string[] Folders = ["", "chunks", "segments", "assemblies"];

    private readonly ILookup<string, (long Start, long Length, string File, long FileOffset)> _extents;

    private Extents(IEnumerable<string> rows) => _extents = rows.Select(row => row.Split('|')).ToLookup(
        row => row[0],
        row => (Number(row[1]), Number(row[2]), $"{Folders[Number(row[3])]}/{row[5][..2]}/{row[4]}-{row[5]}", Number(row[6])));

    public static async Task<Extents> ReadAsync(OwnCluster cluster, CancellationToken cancellationToken)
    {
        var (_, output, _) = await cluster.AskAsync(
            "select replace(p.upload_id::text, '-', ''), p.start, p.length, f.kind, f.incarnation, replace(f.id::text, '-', ''), "
                + "p.file_offset from chunkupload.extents p join chunkupload.stored_files f on f.id = p.file_id",
            cancellationToken);
        return new Extents(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Whether a disk holds these bytes unchanged.</summary>
    public bool Holds(Disk disk, Sent upload, long offset, long length)
    {
        var covered = offset;
        foreach (var (start, size, file, fileOffset) in _extents[upload.Id].OrderBy(extent => extent.Start))
        {
            if (start > covered || start + size <= covered || covered >= offset + length)
                continue;
            var take = Math.Min(start + size, offset + length) - covered;
            var at = fileOffset + covered - start;
            var bytes = disk.Read(file);
            if (bytes.Length < at + take || !bytes.AsSpan((int)at, (int)take).SequenceEqual(Material.Bytes(upload.Seed, covered, take)))
                return false;
            covered += take;
        }

        return covered >= offset + length;
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The files of a mounted disk, each read once. A missing file has no bytes.</summary>
    internal sealed class Disk(string root)
    {
        private readonly Dictionary<string, byte[]> _read = [];

        public byte[] Read(string file)
        {
            if (!_read.TryGetValue(file, out var bytes))
                _read[file] = bytes = File.Exists(Path.Combine(root, file)) ? File.ReadAllBytes(Path.Combine(root, file)) : [];
            return bytes;
        }
    }
}
