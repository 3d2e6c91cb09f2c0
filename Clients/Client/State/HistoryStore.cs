using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.State;

/// <summary>A line for each ended transfer, in a file that only its owner can read. The oldest ones go when it is full.</summary>
internal sealed class HistoryStore(string folder, TimeProvider time, ILogger log)
{
    internal const int MostBytes = 4 << 20;

    private const int MostTries = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly string _path = Path.Combine(folder, "history.jsonl");

    /// <summary>Adds a transfer. A failure costs a line of the history, no more.</summary>
    public async Task AddAsync(PastTransfer past)
    {
        try
        {
            PrivateFile.CreateFolder(folder);
            await using var hold = await HoldAsync();
            await using var file = File.Open(
                _path, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));
            var line = JsonSerializer.SerializeToUtf8Bytes(past, HistoryJson.Default.PastTransfer);
            await file.WriteAsync(Begin(file, [.. line, (byte)'\n']));
            if (file.Length > MostBytes)
                Shorten(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.NotRemembered(failure.Message);
        }
    }

    /// <summary>The transfers that are remembered, in the order in which they ended.</summary>
    public IReadOnlyList<PastTransfer> Read()
    {
        try
        {
            using var file = File.Open(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var lines = new StreamReader(file, Encoding.UTF8);
            var all = new List<PastTransfer>();
            while (lines.ReadLine() is { } line)
            {
                if (Parse(line) is { } past)
                    all.Add(past);
            }

            return all;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"The history cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>A line that a kill or the loss of power has cut stays by itself.</summary>
    private static byte[] Begin(FileStream file, byte[] line)
    {
        if (file.Length > 0)
        {
            _ = file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
                return [(byte)'\n', .. line];
        }

        return line;
    }

    private static PastTransfer? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, HistoryJson.Default.PastTransfer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Shorten(FileStream file)
    {
        var bytes = new byte[file.Length / 2];
        file.Position = file.Length - bytes.Length;
        file.ReadExactly(bytes);
        PrivateFile.Replace(_path, bytes.AsSpan(bytes.AsSpan().IndexOf((byte)'\n') + 1), flush: false);
    }

    /// <summary>Other processes write to it, too; each of them only for a moment.</summary>
    private async Task<FileStream> HoldAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return File.Open(
                    _path + ".lock", PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (tries < MostTries)
            {
                await Task.Delay(Pause, time);
            }
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PastTransfer))]
internal sealed partial class HistoryJson : JsonSerializerContext;
