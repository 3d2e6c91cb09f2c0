using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Client.State;

namespace ChunkUpload.Agent;

/// <summary>
/// The queue on the disk: a file for each entry, and one for the settings, each replaced by a rename and flushed. A kill or the loss of
/// power at any point leaves every entry that was acknowledged.
/// </summary>
internal sealed class QueueStore(string folder)
{
    private const int MostBytes = 1 << 20;
    private const string Extension = ".json";

    private readonly string _entries = Path.Combine(folder, "queue");
    private readonly string _settings = Path.Combine(folder, "settings.json");

    /// <summary>Reads everything. What cannot be understood is set aside under another name.</summary>
    /// <param name="fault">Gets a sentence for each file that is set aside.</param>
    public (QueueSettings Settings, List<QueueEntry> Entries) Load(Action<string> fault)
    {
        PrivateFile.CreateFolder(_entries);
        var entries = new List<QueueEntry>();
        foreach (var file in Directory.GetFiles(_entries).Order(StringComparer.Ordinal))
        {
            if (file.EndsWith(".new", StringComparison.Ordinal))
                File.Delete(file);
            else if (!file.EndsWith(Extension, StringComparison.Ordinal))
                continue;
            else if (Read(file, QueueJson.Default.QueueEntry) is { IsValid: true } entry && PathOf(entry.Id) == file)
                entries.Add(entry);
            else
                SetAside(file, fault);
        }

        var settings = Read(_settings, QueueJson.Default.QueueSettings);
        if (settings is not { Version: QueueEntry.CurrentVersion, AtOnce: > 0 and <= QueueSettings.MostAtOnce, NextId: > 0 })
        {
            if (File.Exists(_settings))
                SetAside(_settings, fault);
            settings = new QueueSettings();
        }

        var next = entries.Select(entry => entry.Id + 1).DefaultIfEmpty(1).Max();
        return (settings with { NextId = Math.Max(settings.NextId, next) }, entries);
    }

    public void Save(QueueEntry entry) => Write(PathOf(entry.Id), JsonSerializer.SerializeToUtf8Bytes(entry, QueueJson.Default.QueueEntry));

    public void Save(QueueSettings settings) => Write(
        _settings, JsonSerializer.SerializeToUtf8Bytes(settings, QueueJson.Default.QueueSettings));

    public void Remove(long id) => Try(() => File.Delete(PathOf(id)));

    private string PathOf(long id) => Path.Combine(_entries, id.ToString("D12", CultureInfo.InvariantCulture) + Extension);

    private static void Write(string path, byte[] bytes) => Try(() => PrivateFile.Replace(path, bytes, flush: true));

    private static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AgentException(AgentException.NotSaved, $"The queue cannot be saved: {failure.Message}");
        }
    }

    private static T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            using var file = File.OpenRead(path);
            return file.Length > MostBytes ? null : JsonSerializer.Deserialize(file, type);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private static void SetAside(string file, Action<string> fault)
    {
        File.Move(file, file + ".bad", overwrite: true);
        fault($"{file} cannot be understood. It is kept as {Path.GetFileName(file)}.bad.");
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(QueueEntry))]
[JsonSerializable(typeof(QueueSettings))]
internal sealed partial class QueueJson : JsonSerializerContext;
