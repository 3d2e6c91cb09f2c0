using System.Globalization;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Reads from a journal what had been acknowledged at a moment.</summary>
internal static class JournalReader
{
    /// <param name="moment">A time of the monotonic clock, which all processes of a machine share.</param>
    public static IReadOnlyList<Sent> AsOf(IEnumerable<string> lines, long moment)
    {
        var uploads = new Dictionary<int, Sent>();
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            if (Long(words[0]) >= moment || words.Length < 5 || words[1] == "VIOLATION")
                continue;
            var number = (int)Long(words[2]);
            switch (words[1])
            {
                case "new":
                    uploads[number] = New(words);
                    break;
                case "deleting":
                    uploads[number].Fate = Fate.Deleting;
                    break;
                case "ack":
                    Ack(uploads[number], words);
                    break;
            }
        }

        return [.. uploads.Values];
    }

    private static Sent New(string[] words) => new(
        (int)Long(words[2]), Enum.Parse<Protocol>(words[3]), [.. words[8].Split(',').Select(Part)], words[4])
    {
        ChunkSize = (int)Long(words[5]),
        IsPartial = bool.Parse(words[6]),
        // An upload whose first answer is a finished file was never open.
        Fate = Enum.Parse<Protocol>(words[3]) is Protocol.Put or Protocol.Joined ? Fate.Completed : Enum.Parse<Fate>(words[7]),
    };

    private static void Ack(Sent upload, string[] words)
    {
        var range = words[6].Split('+');
        switch (words[4])
        {
            case "chunk":
                upload.AckChunk(Long(range[0]), Long(range[1]));
                break;
            case "bytes" or "offset":
                upload.AckOffset(Long(range[1]));
                break;
            case "completed":
                upload.Fate = Fate.Completed;
                break;
            case "deleted":
                upload.Fate = Fate.Deleted;
                break;
        }
    }

    private static (ulong, long) Part(string text) =>
        (ulong.Parse(text.Split(':')[0], CultureInfo.InvariantCulture), Long(text.Split(':')[1]));

    private static long Long(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
