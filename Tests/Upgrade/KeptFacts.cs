using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>A file that can be read.</summary>
/// <param name="Address">Where its content is served, below the service's address.</param>
/// <param name="Key">The API key that reads it; null for the operator key, and empty for none.</param>
internal sealed record KeptFile(string Address, int Seed, int Size, string? Key = null);

/// <summary>An upload that can be continued.</summary>
/// <param name="Protocol">session, tus or ietf.</param>
/// <param name="Address">The address of the upload, below the service's address.</param>
/// <param name="Content">Where its content is served afterwards; null for a part.</param>
/// <param name="Key">As of a <see cref="KeptFile"/>.</param>
internal sealed record KeptUpload(string Protocol, string Address, int Seed, int Size, string? Content, string? Key = null);

/// <summary>The state of an upload or a transfer.</summary>
/// <param name="Then">The state to which it comes without a client; null if it stays.</param>
internal sealed record KeptState(string Id, string State, string? Then = null);

/// <summary>A transfer.</summary>
/// <param name="Connection">The connection whose sign-in has to be renewed; null if none has.</param>
/// <param name="Account">The account of that connection.</param>
internal sealed record KeptTransfer(string Id, string State, string? Then, string? Connection, string? Account);

/// <summary>A project whose device serves files.</summary>
/// <param name="Sequence">The number of the device's last batch of changes in the folder.</param>
/// <param name="Paths">The files that the device serves.</param>
/// <param name="Key">The API key of the device.</param>
internal sealed record KeptProject(string Id, string Device, string Folder, long Sequence, IReadOnlyList<string> Paths, string Key);

/// <summary>What the service of a kept ledger must show after an upgrade.</summary>
internal sealed record KeptFacts
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public IList<KeptFile> Files { get; init; } = [];
    public IList<KeptUpload> Uploads { get; init; } = [];
    public IList<KeptState> States { get; init; } = [];
    public IList<KeptTransfer> Transfers { get; init; } = [];
    public IList<KeptProject> Projects { get; init; } = [];

    /// <summary>The answers of addresses, as far as they are compared: the names of the items, in order.</summary>
    public IDictionary<string, IList<string>> Lists { get; init; } = new Dictionary<string, IList<string>>();

    /// <summary>Ids and secrets by what they are for.</summary>
    public IDictionary<string, string> Names { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Bytes that are different in each block of 4 KiB and compress well, so that what is kept is small and a block in the wrong place is
    /// noticed.
    /// </summary>
    public static byte[] Bytes(int seed, int size)
    {
        const int block = 4096;
        var bytes = new byte[size];
        for (var at = 0; at < size; at += block)
        {
            var digest = SHA256.HashData(Encoding.ASCII.GetBytes($"{seed}:{at}"));
            for (var i = at; i < Math.Min(size, at + block); i++)
                bytes[i] = digest[i % digest.Length];
        }

        return bytes;
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>One item in each line, so that a change of the file can be read.</summary>
    public string Write()
    {
        var text = new StringBuilder("{\n");
        Append("files", Files.Select(one => JsonSerializer.Serialize(one, Json)), '[', ']');
        Append("uploads", Uploads.Select(one => JsonSerializer.Serialize(one, Json)), '[', ']');
        Append("states", States.Select(one => JsonSerializer.Serialize(one, Json)), '[', ']');
        Append("transfers", Transfers.Select(one => JsonSerializer.Serialize(one, Json)), '[', ']');
        Append("projects", Projects.Select(one => JsonSerializer.Serialize(one, Json)), '[', ']');
        Append("lists", Lists.Select(one => $"{JsonSerializer.Serialize(one.Key)}:{JsonSerializer.Serialize(one.Value)}"), '{', '}');
        Append("names", Names.Select(one => $"{JsonSerializer.Serialize(one.Key)}:{JsonSerializer.Serialize(one.Value)}"), '{', '}');
        return text.Remove(text.Length - 2, 1).Append("}\n").ToString();

        void Append(string name, IEnumerable<string> lines, char open, char close) =>
            text.Append($"  \"{name}\": {open}\n    ").AppendJoin(",\n    ", lines).Append($"\n  {close},\n");
    }
}
