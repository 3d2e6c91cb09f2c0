using System.Text;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake.Unpacking;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>A member of a tar stream: its header, combined with the extended headers before it.</summary>
internal sealed record TarMember(char Type, byte[] Name, long Size, NanoTime? Modified, int? Mode, byte[] Link, bool IsSparse)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The media type that the client declares in an extended header.</summary>
    public string? ContentType { get; init; }
    public string? Sha256 { get; init; }

    public bool IsFile => Type is '0' or '7' && !Name.AsSpan().EndsWith("/"u8);

    /// <summary>
    /// Returns the member to unpack; null for one that changes nothing, or with the code and the message of its refusal.
    /// </summary>
    /// <param name="folder">The path of the folder into which it is unpacked.</param>
    public ArchiveMember? Read(IReadOnlyList<string> folder, out (string Code, string Detail)? refusal)
    {
        refusal = null;
        if (Type is 'V' or 'g')
            return null;
        if (PathOf(Name, folder, out var fault) is not { } path)
        {
            refusal = (ProblemCodes.InvalidPath, fault!);
            return null;
        }

        if (path.Count == 0 && (Type == '5' || (Type == '0' && !IsFile)))
            return null;
        if (path.Count == 0)
            refusal = (ProblemCodes.InvalidPath, "The name is that of the folder itself.");
        else if (IsSparse || Type == 'S')
            refusal = (ProblemCodes.MemberNotSupported, "The file is stored as sparse; make the archive without --sparse.");
        if (refusal is not null)
            return null;
        var member = new ArchiveMember(path, EntryKind.File, Modified, Mode);
        switch (Type)
        {
            case '0' or '7' when IsFile:
                return Declared(member, out refusal);
            case '0' or '7' or '5':
                return member with { Kind = EntryKind.Folder };
            case '2':
                if (Decode(Link) is { } target && EntryHeaders.LinkFault(target) is null)
                    return member with { Kind = EntryKind.Link, LinkTarget = target };
                refusal = (ProblemCodes.InvalidPath, $"The target of the link must be UTF-8 of 1 to {TreePath.MaxPathBytes} bytes.");
                return null;
            case '1':
                if (PathOf(Link, folder, out fault) is { Count: > 0 } earlier)
                    return member with { SameAs = earlier };
                refusal = (ProblemCodes.InvalidPath, $"The target of the hard link is not a member of this archive. {fault}".TrimEnd());
                return null;
            default:
                refusal = (ProblemCodes.MemberNotSupported, Type is '3' or '4' or '6'
                    ? "Devices and pipes cannot be stored."
                    : "A member of this type cannot be stored.");
                return null;
        }
    }

    private ArchiveMember? Declared(ArchiveMember member, out (string Code, string Detail)? refusal)
    {
        refusal = null;
        Sha256Digest? digest = null;
        if (Sha256 is not null)
        {
            if (Sha256Digest.TryParseHex(Sha256, out var parsed))
                digest = parsed;
            else
                refusal = (ProblemCodes.MalformedDigest, "CHUNKUPLOAD.sha256 must be the 64 hexadecimal digits of a SHA-256.");
        }

        if (ContentType is not null && !MediaTypeRule.Allows(ContentType))
        {
            refusal = (
                ProblemCodes.InvalidHeader, "CHUNKUPLOAD.type must be a media type such as video/mp4, of at most 255 characters.");
        }

        return refusal is null ? member with { ContentType = ContentType, Sha256 = digest } : null;
    }

    /// <summary>Returns the names without empty ones and "."; refuses paths that leave the folder.</summary>
    private static List<string>? PathOf(byte[] bytes, IReadOnlyList<string> folder, out string? fault)
    {
        if (Decode(bytes) is not { } name)
        {
            fault = "The name is not UTF-8.";
            return null;
        }

        if (name.StartsWith('/'))
        {
            fault = "The name is absolute; make the archive with names relative to a folder.";
            return null;
        }

        List<string> path = [.. name.Split('/').Where(part => part is not ("" or "."))];
        fault = TreePath.Fault([.. folder, .. path]);
        return fault is null ? path : null;
    }

    private static string? Decode(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
