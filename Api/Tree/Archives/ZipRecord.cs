using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// One entry of a ZIP archive and its two headers (APPNOTE 6.3.10). Names are UTF-8 (bit 11), times are in the extended timestamp field as
/// Info-ZIP writes it, and modes are those of Unix.
/// </summary>
internal sealed class ZipRecord
{
    // The file type bits of a mode, as in stat.h.
    private const int RegularFile = 0x8000, Directory = 0x4000, SymbolicLink = 0xA000;

    // Without the set-user-ID, set-group-ID and sticky bits.
    private const int PermissionBits = 0x1FF;

    private const int DosDirectory = 0x10;
    private const ushort MadeByUnix = (3 << 8) | Zip64Version;
    private const ushort Zip64Version = 45, PlainVersion = 20;
    private const ushort Utf8Names = 1 << 11, DescriptorFollows = 1 << 3;
    private const ushort Deflated = 8;
    private const ushort Zip64Field = 1, TimestampField = 0x5455;

    // Files of this size and above get 8-byte size fields. The size of their data in the archive is known only afterwards, and is a little
    // larger.
    private const long LargeFile = 0xF0000000;

    private readonly byte[] _name;
    private readonly int? _seconds;
    private readonly (ushort Time, ushort Date) _dos;
    private readonly uint _attributes;
    private readonly long _offset;
    private readonly bool _large;

    /// <param name="path">The path, with a trailing slash for a folder.</param>
    /// <param name="offset">Where the record begins in the archive.</param>
    public ZipRecord(Entry entry, string path, long offset)
    {
        _name = Encoding.UTF8.GetBytes(path);
        _offset = offset;
        _large = entry.Size >= LargeFile;
        HasDescriptor = entry.Kind == EntryKind.File && entry.Size > 0;
        var (kind, mode) = entry.Kind switch
        {
            EntryKind.Folder => (Directory, 0x1ED),
            EntryKind.Link => (SymbolicLink, 0x1FF),
            _ => (RegularFile, 0x1A4),
        };
        mode = entry.Kind == EntryKind.Link ? mode : (entry.Mode ?? mode) & PermissionBits;
        _attributes = ((uint)(kind | mode) << 16) | (entry.Kind == EntryKind.Folder ? DosDirectory : 0u);
        var seconds = (long)Math.Floor(entry.Modified.Nanoseconds / 1_000_000_000m);
        _seconds = seconds is >= int.MinValue and <= int.MaxValue ? (int)seconds : null;
        _dos = DosTime(entry.Modified.ToTime());
    }

    /// <summary>Whether CRC and sizes follow the data, because they are not known before it.</summary>
    public bool HasDescriptor { get; }

    /// <summary>Whether the path is too long for the format: moving folders can make it longer than 64 KiB.</summary>
    public bool IsTooLong => _name.Length > ushort.MaxValue;

    /// <summary>The size of the record in the archive, without its directory entry.</summary>
    public long Length { get; private set; }

    private uint Crc { get; set; }

    private (long Size, long Packed) Sizes { get; set; }

    private ushort Flags => (ushort)(Utf8Names | (HasDescriptor ? DescriptorFollows : 0));

    private ushort Method => HasDescriptor ? Deflated : (ushort)0;

    /// <summary>Sets the properties of the data, which are known after the data for a file with a descriptor, otherwise before.</summary>
    /// <param name="packed">The size of the data in the archive.</param>
    public void Describe(uint crc, long size, long packed)
    {
        (Crc, Sizes) = (crc, (size, packed));
        Length += packed;
    }

    public void WriteLocalHeader(IBufferWriter<byte> output)
    {
        var field = new FieldWriter(stackalloc byte[64]);
        field.Four(0x04034b50);
        field.Two(_large ? Zip64Version : PlainVersion);
        WriteCommon(ref field, _large ? uint.MaxValue : HasDescriptor ? 0 : (uint)Sizes.Packed,
            _large ? uint.MaxValue : HasDescriptor ? 0 : (uint)Sizes.Size, HasDescriptor ? 0 : Crc);
        field.Two((ushort)_name.Length);
        var extra = new FieldWriter(stackalloc byte[64]);
        WriteTimestamp(ref extra);
        if (_large)
        {
            // Its presence means that the sizes after the data have 8 bytes each.
            extra.Two(Zip64Field);
            extra.Two(16);
            extra.Eight(0);
            extra.Eight(0);
        }

        field.Two((ushort)extra.Written.Length);
        output.Write(field.Written);
        output.Write(_name);
        output.Write(extra.Written);
        Length += field.Written.Length + _name.Length + extra.Written.Length;
    }

    public void WriteDescriptor(IBufferWriter<byte> output)
    {
        var field = new FieldWriter(stackalloc byte[24]);
        field.Four(0x08074b50);
        field.Four(Crc);
        if (_large)
        {
            field.Eight(Sizes.Packed);
            field.Eight(Sizes.Size);
        }
        else
        {
            field.Four((uint)Sizes.Packed);
            field.Four((uint)Sizes.Size);
        }

        output.Write(field.Written);
        Length += field.Written.Length;
    }

    public void WriteCentralHeader(IBufferWriter<byte> output)
    {
        var extra = new FieldWriter(stackalloc byte[64]);
        WriteTimestamp(ref extra);
        var far = _offset >= uint.MaxValue;
        if (_large || far)
        {
            extra.Two(Zip64Field);
            extra.Two((ushort)((_large ? 16 : 0) + (far ? 8 : 0)));
            if (_large)
            {
                extra.Eight(Sizes.Size);
                extra.Eight(Sizes.Packed);
            }

            if (far)
                extra.Eight(_offset);
        }

        var field = new FieldWriter(stackalloc byte[64]);
        field.Four(0x02014b50);
        field.Two(MadeByUnix);
        field.Two(_large || far ? Zip64Version : PlainVersion);
        WriteCommon(ref field, _large ? uint.MaxValue : (uint)Sizes.Packed, _large ? uint.MaxValue : (uint)Sizes.Size, Crc);
        field.Two((ushort)_name.Length);
        field.Two((ushort)extra.Written.Length);
        field.Two(0); // comment
        field.Two(0); // disk
        field.Two(0); // internal attributes
        field.Four(_attributes);
        field.Four(far ? uint.MaxValue : (uint)_offset);
        output.Write(field.Written);
        output.Write(_name);
        output.Write(extra.Written);
    }

    /// <summary>Writes the end of the archive, with ZIP64 fields if the counts require them.</summary>
    public static void WriteEnd(IBufferWriter<byte> output, long entries, long directoryOffset, long directoryLength)
    {
        var field = new FieldWriter(stackalloc byte[128]);
        if (entries >= ushort.MaxValue || directoryOffset >= uint.MaxValue || directoryLength >= uint.MaxValue)
        {
            field.Four(0x06064b50);
            field.Eight(44);
            field.Two(MadeByUnix);
            field.Two(Zip64Version);
            field.Four(0);
            field.Four(0);
            field.Eight(entries);
            field.Eight(entries);
            field.Eight(directoryLength);
            field.Eight(directoryOffset);
            field.Four(0x07064b50);
            field.Four(0);
            field.Eight(directoryOffset + directoryLength);
            field.Four(1);
        }

        field.Four(0x06054b50);
        field.Four(0);
        field.Two((ushort)Math.Min(entries, ushort.MaxValue));
        field.Two((ushort)Math.Min(entries, ushort.MaxValue));
        field.Four((uint)Math.Min(directoryLength, uint.MaxValue));
        field.Four((uint)Math.Min(directoryOffset, uint.MaxValue));
        field.Two(0);
        output.Write(field.Written);
    }

    private void WriteCommon(ref FieldWriter field, uint packed, uint size, uint crc)
    {
        field.Two(Flags);
        field.Two(Method);
        field.Two(_dos.Time);
        field.Two(_dos.Date);
        field.Four(crc);
        field.Four(packed);
        field.Four(size);
    }

    private void WriteTimestamp(ref FieldWriter field)
    {
        if (_seconds is not { } seconds)
            return;
        field.Two(TimestampField);
        field.Two(5);
        field.One(1); // only the modification time
        field.Four((uint)seconds);
    }

    /// <summary>Returns the time in the MS-DOS format in UTC, with a precision of two seconds, from 1980 to 2107.</summary>
    private static (ushort Time, ushort Date) DosTime(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        if (utc.Year < 1980)
            return (0, (1 << 5) | 1);
        if (utc.Year > 2107)
            return ((23 << 11) | (59 << 5) | 29, (127 << 9) | (12 << 5) | 31);
        return (
            (ushort)((utc.Hour << 11) | (utc.Minute << 5) | (utc.Second / 2)),
            (ushort)(((utc.Year - 1980) << 9) | (utc.Month << 5) | utc.Day));
    }

    /// <summary>Little-endian numbers, one after the other.</summary>
    private ref struct FieldWriter(Span<byte> target)
    {
        private readonly Span<byte> _target = target;
        private int _length;

        public readonly ReadOnlySpan<byte> Written => _target[.._length];

        public void One(byte value) => _target[_length++] = value;

        public void Two(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_target[_length..], value);
            _length += 2;
        }

        public void Four(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_target[_length..], value);
            _length += 4;
        }

        public void Eight(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_target[_length..], value);
            _length += 8;
        }
    }
}
