using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// The content that a recorded disk could have had after a power loss: everything before the last flush, and any part of what came after
/// it, in any order, with torn sectors. The caller asks for moments in ascending order.
/// </summary>
/// <param name="start">The disk before the first event; changed by this class.</param>
internal sealed class CrashedDisk(LabRun run, byte[] start, IReadOnlyList<BlockEvent> events)
{
    private const int Sector = 512;
    private const int MostTries = 50;

    // Empty blocks are not written, and most of an image is empty.
    private const int Block = 64 << 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static readonly string Memory = Directory.Exists("/dev/shm") ? "/dev/shm" : "";

    // Writes after the last flush that were kept: their previous content, the latest first.
    private readonly Stack<(int At, byte[] Before)> _kept = new();
    private int _applied;

    /// <summary>The disk just before the event <paramref name="until"/>. Valid until the next call.</summary>
    public byte[] At(int until)
    {
        var flush = until;
        while (flush > _applied && events[flush - 1].Bytes is not null)
            flush--;
        while (_kept.TryPop(out var kept))
            kept.Before.CopyTo(start.AsSpan(kept.At));
        for (; _applied < flush; _applied++)
        {
            if (events[_applied] is { Bytes: { } bytes, Offset: var at })
                bytes.CopyTo(start.AsSpan((int)at));
        }

        // All writes, none, or any share of them.
        var keep = run.Random.Next(4) switch { 0 => 100, 1 => 0, _ => run.Random.Next(101) };
        for (var index = flush; index < until; index++)
        {
            if (run.Random.Next(100) >= keep)
                continue;
            var sectors = (events[index].Bytes!.Length + Sector - 1) / Sector;
            if (run.Random.Next(3) == 0)
                Keep(events[index], run.Random.Next(sectors) * Sector, run.Random.Next(sectors + 1) * Sector);
            else
                Keep(events[index], 0, int.MaxValue);
        }

        return start;
    }

    /// <summary>Mounts the disk as it was before the event <paramref name="until"/> and unmounts it afterwards.</summary>
    public Task ShowAsync(int until, string name, Func<string, Task> look, CancellationToken cancellationToken) =>
        ShowAsync(Leave(until, name), name, look, cancellationToken);

    /// <summary>
    /// The disk before the event <paramref name="until"/> in an image of its own, which can be used while the next one is made.
    /// </summary>
    public string Leave(int until, string name)
    {
        var image = ImageOf(name);
        Write(image, At(until));
        return image;
    }

    public async Task ShowAsync(string image, string name, Func<string, Task> look, CancellationToken cancellationToken)
    {
        try
        {
            var folder = run.MakeFolder(name);
            _ = await Shell.RunAsync("mount", ["-o", "loop", image, folder], cancellationToken);
            try
            {
                await look(folder);
            }
            finally
            {
                await LeaveAsync(folder);
            }

            Directory.Delete(folder);
        }
        finally
        {
            File.Delete(image);
        }
    }

    // A process that the lab is just starting inherits all open files for a moment.
    private static async Task LeaveAsync(string folder)
    {
        for (var tries = 1; ; tries++)
        {
            var (code, _, error) = await Shell.TryAsync("umount", [folder], CancellationToken.None);
            if (code == 0)
                return;
            if (tries == MostTries)
                throw new LabException($"{folder} cannot be unmounted: {error.Trim()}");
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    // In memory if there is room: thousands of images need not reach the disk.
    private string ImageOf(string name) =>
        Memory.Length > 0 && new DriveInfo(Memory).AvailableFreeSpace > 4L * start.Length
            ? Path.Combine(Memory, $"{Path.GetFileName(run.Folder)}-{name}.img")
            : run.Place(name + ".img");

    private static void Write(string image, byte[] bytes)
    {
        using var file = File.OpenHandle(image, FileMode.Create, FileAccess.Write);
        RandomAccess.SetLength(file, bytes.Length);
        for (var at = 0; at < bytes.Length; at += Block)
        {
            var block = bytes.AsSpan(at, Math.Min(Block, bytes.Length - at));
            if (block.ContainsAnyExcept((byte)0))
                RandomAccess.Write(file, block, at);
        }
    }

    // Only the sectors from first to end of a torn write have reached the medium.
    private void Keep(BlockEvent write, int first, int end)
    {
        var last = Math.Min(write.Bytes!.Length, end);
        if (first >= last)
            return;
        var place = start.AsSpan((int)write.Offset + first, last - first);
        _kept.Push(((int)write.Offset + first, place.ToArray()));
        write.Bytes.AsSpan(first, last - first).CopyTo(place);
    }
}
