using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Client;
using ChunkUpload.Client.State;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// The bytes that a served folder has sent today, on the disk, so that a restart gives nothing back. What the service says of limits does
/// not count here. Safe for concurrent use.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="most">The most bytes a day; <c>null</c> for any number.</param>
internal sealed class SentBytes(string path, long? most, TimeProvider time)
{
    private const long MostFileBytes = 16 << 20;

    private readonly Lock _gate = new();
    private SentDay? _day;

    /// <summary>Returns whether a file of this size can be sent on any day.</summary>
    public bool Allows(long size) => most is null || size <= most;

    /// <summary>Takes the bytes of an attempt from those of today. One that goes on takes only those that it has not taken yet.</summary>
    /// <param name="before">What the attempt has taken before; it may have been sent.</param>
    /// <returns>False if they are used up until tomorrow.</returns>
    /// <exception cref="TransferException">It cannot be recorded; then nothing may be sent.</exception>
    public bool TryTake(string attempt, long size, out long before)
    {
        before = 0;
        if (most is null)
            return true;
        lock (_gate)
        {
            var day = Today();
            before = day.Attempts.GetValueOrDefault(attempt);
            if (day.Attempts.Values.Sum() - before > most - size)
                return false;
            if (before == size)
                return true;
            Save(day with { Attempts = new Dictionary<string, long>(day.Attempts) { [attempt] = size } });
            return true;
        }
    }

    /// <summary>Records how many bytes of an attempt that ended early were sent.</summary>
    public void Settle(string attempt, long sent)
    {
        if (most is null)
            return;
        lock (_gate)
        {
            var day = Today();
            if (day.Attempts.TryGetValue(attempt, out var taken) && sent < taken)
                Save(day with { Attempts = new Dictionary<string, long>(day.Attempts) { [attempt] = sent } });
        }
    }

    private SentDay Today()
    {
        var today = DateOnly.FromDateTime(time.GetLocalNow().DateTime);
        _day ??= Read();
        // A clock that is set back does not start a new day.
        return _day is { } day && day.Day >= today ? day : new SentDay(today, new Dictionary<string, long>());
    }

    private SentDay? Read()
    {
        try
        {
            using var file = File.OpenRead(path);
            return file.Length <= MostFileBytes
                && JsonSerializer.Deserialize(file, SentJson.Default.SentDay) is { Attempts: not null } day ? day : null;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"The bytes that were sent today are not known: {failure.Message}", failure);
        }
    }

    private void Save(SentDay day)
    {
        try
        {
            PrivateFile.CreateFolder(Path.GetDirectoryName(path)!);
            PrivateFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(day, SentJson.Default.SentDay), flush: true);
            _day = day;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"The bytes that are sent cannot be recorded: {failure.Message}", failure);
        }
    }
}

/// <param name="Attempts">The bytes of each attempt of a transfer.</param>
internal sealed record SentDay(DateOnly Day, IReadOnlyDictionary<string, long> Attempts);

[JsonSerializable(typeof(SentDay))]
internal sealed partial class SentJson : JsonSerializerContext;
