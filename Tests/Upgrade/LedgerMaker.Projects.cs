using System.Net.Http.Json;

namespace ChunkUpload.Tests.Upgrade;

internal sealed partial class LedgerMaker
{
    private static readonly string[] Served = ["/line-14/deep/b.bin", "/line-14/línea ñ.bin"];

    /// <summary>A project with a device that serves a folder, rules, an invitation and a member; and an archived project.</summary>
    private async Task AddProjectsAsync()
    {
        var key = _facts.Names["ann's key"];
        var ann = UpgradeClient.Of(_service, key);
        var device = await IdAsync("/api/devices", new { name = "Ann's laptop", platform = "linux", addresses = new[] { "192.0.2.7:4" } });
        var project = await IdAsync("/api/projects", new { name = "Skagen 2026" });
        var folder = Guid.NewGuid().ToString();
        var path = $"/api/projects/{project}";
        _ = await ann.PostAsync($"{path}/folders", new { id = folder, device_id = device, place = "/line-14" });
        _ = await ann.SendAsync(
            HttpMethod.Put, $"{path}/members/user:{_facts.Names["ben"]}", JsonContent.Create(new { can_change = false }));
        _ = await ann.SendAsync(
            HttpMethod.Patch, $"{path}/folders/{folder}",
            JsonContent.Create(new
            {
                approval = "ask",
                bytes_a_day = 1_000_000,
                member_rules = new[] { new { subject = $"user:{_facts.Names["ben"]}", approval = "always", bytes_a_day = 5000 } },
            }));
        _ = await ann.PostAsync($"{path}/invitations", new { uses = 3, days = 90 });
        var told = await ann.PostAsync($"{path}/files/update", Batch(device, 0, Served));
        _facts.Projects.Add(new KeptProject(project, device, folder, told.GetProperty("sequence").GetInt64(), Served, key));

        var archived = await IdAsync("/api/projects", new { name = "Skagen 2025" });
        _ = await ann.SendAsync(HttpMethod.Patch, $"/api/projects/{archived}", JsonContent.Create(new { archived = true }));

        async Task<string> IdAsync(string address, object body) =>
            (await ann.PostAsync(address, body, 201)).GetProperty("id").GetString()!;
    }

    /// <summary>The next batch of a device, which tells of files.</summary>
    public static object Batch(string device, long sequence, params string[] paths) => new
    {
        device_id = device,
        base_sequence = sequence,
        batch_id = Guid.NewGuid(),
        changes = paths.Select(path => new
        {
            op = "upsert",
            path,
            size = 7,
            hash = new string('a', 64),
            modified_at = "2026-01-15T09:30:12Z",
            mode = 420,
        }),
    };

    /// <summary>The paths of the files that the devices of a project serve.</summary>
    public static async Task<IEnumerable<string>> ServedAsync(UpgradeClient client, string project) =>
        (await client.GetAsync($"/api/projects/{project}/files-paginated")).GetProperty("files").EnumerateArray()
            .Select(file => file.GetProperty("path").GetString()!);
}
