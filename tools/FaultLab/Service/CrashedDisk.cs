using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// What a recorded disk would have held after a loss of power: all that came before the last flush, and of what came after it any part,
/// the later without the earlier, with sectors torn. Moments are asked for in their order.
/// </summary>
internal sealed class CrashedDisk(LabRun run, byte[] start, IReadOnlyList<BlockEvent> events)
{
    private const int Sector = 512;

    private readonly byte[] _durable = [.. start];
    private int _applied;

    /// <summary>Mounts the disk as of the event <paramref name="until"/>, which did not come any more, and takes it away again.</summary>
    public async Task ShowAsync(int until, string name, Func<string, Task> look, CancellationToken cancellationToken)
    {
        var flush = until;
        while (flush > _applied && events[flush - 1].Bytes is not null)
            flush--;
        for (; _applied < flush; _applied++)
            Apply(_durable, events[_applied], 0, int.MaxValue);
        var image = run.Place(name + ".img");
        byte[] crashed = [.. _durable];
        // Everything, nothing, or anything between.
        var keep = run.Random.Next(4) switch { 0 => 100, 1 => 0, _ => run.Random.Next(101) };
        var left = events.Skip(flush).Take(until - flush).Where(_ => run.Random.Next(100) < keep).ToArray();
        foreach (var write in left)
        {
            var sectors = (write.Bytes!.Length + Sector - 1) / Sector;
            var torn = run.Random.Next(3) == 0;
            Apply(crashed, write, torn ? run.Random.Next(sectors) * Sector : 0, torn ? run.Random.Next(sectors + 1) * Sector : int.MaxValue);
        }

        await File.WriteAllBytesAsync(image, crashed, cancellationToken);
        var folder = run.MakeFolder(name);
        _ = await Shell.RunAsync("mount", ["-o", "loop", image, folder], cancellationToken);
        try
        {
            await look(folder);
        }
        finally
        {
            _ = await Shell.RunAsync("umount", [folder], CancellationToken.None);
        }

        File.Delete(image);
    }

    // Only the sectors from first to end of a torn write have reached the medium.
    private static void Apply(byte[] disk, BlockEvent write, int first, int end)
    {
        if (write.Bytes is not { } bytes)
            return;
        var last = Math.Min(bytes.Length, end);
        if (first < last)
            bytes.AsSpan(first, last - first).CopyTo(disk.AsSpan((int)write.Offset + first));
    }
}
