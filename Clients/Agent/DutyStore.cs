using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Client.State;

namespace ChunkUpload.Agent;

/// <summary>The duties on the disk: a file each, replaced by a rename and flushed.</summary>
internal sealed class DutyStore(string folder)
{
    private const int MostBytes = 1 << 20;
    private const string Extension = ".json";

    private readonly string _duties = Path.Combine(folder, "duties");

    /// <summary>Reads all duties. A file that cannot be understood is set aside under another name.</summary>
    /// <param name="fault">Receives a sentence for each file that is set aside.</param>
    public List<Duty> Load(Action<string> fault)
    {
        PrivateFile.CreateFolder(_duties);
        var duties = new List<Duty>();
        foreach (var file in Directory.GetFiles(_duties, "*" + Extension).Order(StringComparer.Ordinal))
        {
            if (Read(file) is { IsValid: true } duty && PathOf(duty.Id) == file)
            {
                duties.Add(duty);
                continue;
            }

            File.Move(file, file + ".bad", overwrite: true);
            fault($"{file} cannot be understood. It is kept as {Path.GetFileName(file)}.bad.");
        }

        return duties;
    }

    public void Save(Duty duty) => Try(() =>
        PrivateFile.Replace(PathOf(duty.Id), JsonSerializer.SerializeToUtf8Bytes(duty, DutyJson.Default.Duty), flush: true));

    public void Remove(long id) => Try(() => File.Delete(PathOf(id)));

    private string PathOf(long id) => Path.Combine(_duties, id.ToString("D12", CultureInfo.InvariantCulture) + Extension);

    private static Duty? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return file.Length > MostBytes ? null : JsonSerializer.Deserialize(file, DutyJson.Default.Duty);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AgentException(AgentException.NotSaved, $"The duty cannot be saved: {failure.Message}");
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Duty))]
internal sealed partial class DutyJson : JsonSerializerContext;
