using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Cli.Projects;

/// <summary>cu project devices: the keys of this computer and of those with which it has exchanged files.</summary>
internal static class DevicesVerb
{
    public static Command Create()
    {
        var forget = new Option<string?>("--forget")
        {
            Description = "The id of a device whose key is forgotten, so that the next one that the service names holds.",
        };
        var devices = new Command("devices", "Print the keys of your devices and of those that files went to or came from") { forget };
        devices.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var states = ChunkUploadClient.DefaultStateDirectory;
            var pins = new DevicePins(states, TimeProvider.System);
            if (parse.GetValue(forget) is { } text)
            {
                if (!Guid.TryParse(text, out var id))
                    throw new UsageException("--forget takes the id of a device, as cu project devices prints it.");
                if (!pins.Forget(id))
                    throw new TransferException(TransferFailure.NotFound, $"No key of a device {id} is known here.");
                output.Result($"The key of {id} is forgotten.", new JsonObject { ["ok"] = true, ["id"] = id.ToString() });
                return ExitCodes.Done;
            }

            using var own = DeviceIdentity.Of(states);
            output.Result(
                $"{Shown(own.FingerprintText)}  this computer", Fields(null, Environment.MachineName, own.FingerprintText, "this"));
            using var client = Target.Of(parse).Client();
            foreach (var device in (await client.DevicesAsync(stop)).Devices.Where(device => device.RevokedAt is null))
            {
                var state = device.Online ? "online" : "offline";
                output.Result(
                    $"{Shown(device.Fingerprint)}  {Output.Printable(device.Name)}, yours, {state}  {device.Id}",
                    Fields(device.Id, device.Name, device.Fingerprint, "own"));
            }

            foreach (var pin in pins.All)
            {
                var since = pin.Since.ToLocalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                output.Result(
                    $"{Shown(pin.Fingerprint)}  {Output.Printable(pin.Name)}, known since {since}  {pin.Device}",
                    Fields(pin.Device, pin.Name, pin.Fingerprint, "known"));
            }

            return ExitCodes.Done;
        }));
        return devices;
    }

    /// <summary>In groups, for being read aloud.</summary>
    private static string Shown(string? fingerprint) => fingerprint is null
        ? "no key"
        : string.Join(' ', fingerprint.Chunk(8).Select(group => new string(group)));

    private static JsonObject Fields(Guid? id, string name, string? fingerprint, string whose) => new()
    {
        ["id"] = id?.ToString(),
        ["name"] = name,
        ["fingerprint"] = fingerprint,
        ["whose"] = whose,
    };
}
