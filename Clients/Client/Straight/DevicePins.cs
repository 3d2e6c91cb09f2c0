using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Straight;

/// <summary>
/// The keys of the devices with which this computer has exchanged files. The first one that the service names for a device holds; another
/// one is refused, because a device never changes its key. Safe for concurrent use, also by other processes.
/// </summary>
/// <param name="states">The folder of the client's state.</param>
internal sealed class DevicePins(string states, TimeProvider time)
{
    private const int MostBytes = 16 << 20;
    private const int MostLetters = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();

    private string FilePath => Path.Combine(states, "device", "pins.json");

    public IReadOnlyList<DevicePin> All => Read();

    /// <summary>Returns whether a device may have this key: the one that is known, or the first one.</summary>
    /// <exception cref="TransferException">The keys cannot be read or written; then no device is trusted.</exception>
    public bool Accept(string service, Guid device, string name, byte[] fingerprint)
    {
        var text = Convert.ToHexStringLower(fingerprint);
        if (Read().FirstOrDefault(pin => pin.Service == service && pin.Device == device) is { } known)
            return known.Fingerprint == text;
        return Change(pins =>
        {
            if (pins.FirstOrDefault(pin => pin.Service == service && pin.Device == device) is { } other)
                return (pins, other.Fingerprint == text);
            var shown = name.Length > MostLetters ? name[..MostLetters] : name;
            return ([.. pins, new DevicePin(service, device, shown, text, time.GetUtcNow().UtcDateTime)], true);
        });
    }

    /// <summary>Forgets the key of a device, so that the next one that is named holds.</summary>
    /// <returns>False if no key of the device is known.</returns>
    public bool Forget(Guid device) => Change(pins =>
    {
        var left = pins.Where(pin => pin.Device != device).ToList();
        return (left, left.Count < pins.Count);
    });

    private bool Change(Func<IReadOnlyList<DevicePin>, (IReadOnlyList<DevicePin> Pins, bool Answer)> change)
    {
        lock (_gate)
        {
            try
            {
                PrivateFile.CreateFolder(Path.GetDirectoryName(FilePath)!);
                using var hold = Hold();
                var (pins, answer) = change(Read());
                PrivateFile.Replace(
                    FilePath, JsonSerializer.SerializeToUtf8Bytes(new DevicePinFile(pins), PinJson.Default.DevicePinFile), flush: true);
                return answer;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw TransferException.Local($"{FilePath} cannot be written: {failure.Message}", failure);
            }
        }
    }

    private FileStream Hold()
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return File.Open(
                    FilePath + ".lock", PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (time.GetElapsedTime(began) < Patience)
            {
#pragma warning disable RS0030 // Another process has the file for a moment, and nothing tells when it lets go.
                Thread.Sleep(Pause);
#pragma warning restore RS0030
            }
        }
    }

    private IReadOnlyList<DevicePin> Read()
    {
        try
        {
            using var file = File.OpenRead(FilePath);
            if (file.Length <= MostBytes && JsonSerializer.Deserialize(file, PinJson.Default.DevicePinFile) is { Devices: { } known }
                && known.All(pin => pin is { Service: not null, Fingerprint: not null, Name: not null }))
                return known;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (JsonException)
        {
            // As below.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{FilePath} cannot be read: {failure.Message}", failure);
        }

        // Without the known keys, any key would be trusted.
        throw TransferException.Local($"{FilePath} is damaged. Bring it back from a backup, or remove it to trust all devices anew.");
    }
}

/// <summary>The key of a device.</summary>
/// <param name="Service">The address of the service that knows the device.</param>
/// <param name="Name">Its name when it was first met.</param>
/// <param name="Fingerprint">The SHA-256 of its public key in hex.</param>
/// <param name="Since">The time in UTC.</param>
internal sealed record DevicePin(string Service, Guid Device, string Name, string Fingerprint, DateTime Since);

internal sealed record DevicePinFile(IReadOnlyList<DevicePin> Devices);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(DevicePinFile))]
internal sealed partial class PinJson : JsonSerializerContext;
