// SPDX-License-Identifier: GPL-2.0
/*
 * The swap file of a mount, as the kernel sees it: opening, reading, writing and
 * wiping.  Which of its pages is whose is known in cow/swap.c.
 *
 * Up to KSMFS_SWAP_RUNS requests are in flight for each task that swaps.  They are
 * kiocbs over the frames themselves, with O_DIRECT, so nothing is copied and no
 * page of the page cache is needed to get rid of a page; what a file system
 * without O_DIRECT cannot do at once is done in turn, with O_DSYNC, so that an
 * error is still seen.
 *
 * Memory: who swaps is about to free some, and holds slots.  So what is needed is
 * set aside when the file is opened (a mempool), and what others allocate on the
 * way is allocated without I/O: reclaim that came back here would have to swap.
 *
 * Freezing: who swaps holds slots, and so may keep somebody waiting who is about
 * to write guest memory to a file next to this one.  A freeze of the file system
 * waits for that write.  So who swaps must not wait for the freeze to be over: what
 * cannot be written now is not written (-EAGAIN).  vfs_fallocate() would wait, and
 * from 6.8 on vfs_iocb_iter_write(), too, which besides leaves it to the end of the
 * request to let freezes go on: the file system's own functions are called.  But the
 * end of a mount holds no slot, and waits, lest content of guests stay in the file.
 *
 * Who swaps may be anybody: a guest that faults, a daemon, a work item.  The file
 * is read and written with the rights of who opened it, or security modules would
 * ask whether the guest may.
 *
 * The file system is the administrator's choice and has to stay: a file that is
 * on ksmfs itself is refused, but not a block device behind which there is one.
 *
 *	used_lock	the list of swap files in use; nothing is locked inside
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/falloc.h>
#include <linux/mempool.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include "cow/swap.h"
#include "ksm/ksmfs.h"

/* Less is not worth a request. */
#define LEAST_BYTES SZ_1M

/**
 * struct swapfile - an open swap file
 * @file: regular, or a block device
 * @swap: who uses it
 * @wipe: wipes what has been released
 * @batches: memory for requests in flight
 * @used: in the list of all
 */
struct swapfile {
	struct file *file;
	struct ksmfs_swap *swap;
	struct work_struct wipe;
	mempool_t *batches;
	struct list_head used;
};

/**
 * struct request - a run in flight
 * @iocb: for the file
 * @batch: that it is of
 * @run: frames and places
 * @cut: the error it is if less than all of it is transferred
 */
struct request {
	struct kiocb iocb;
	struct batch *batch;
	struct ksmfs_swap_run *run;
	int cut;
};

/**
 * struct batch - runs in flight that somebody waits for
 * @left: so many are not over yet
 * @over: none is left
 * @requests: one for each run
 * @vecs: the frames of all runs
 */
struct batch {
	atomic_t left;
	struct completion over;
	struct request requests[KSMFS_SWAP_RUNS];
	struct bio_vec vecs[KSMFS_SWAP_BATCH];
};

static LIST_HEAD(all_used);
static DEFINE_MUTEX(used_lock);

/* Called in any context, also in that of who began. */
static void end_request(struct kiocb *iocb, long result)
{
	struct request *request = container_of(iocb, struct request, iocb);
	struct ksmfs_swap_run *run = request->run;

	if (result == (long)run->nr << PAGE_SHIFT)
		run->err = 0;
	else
		run->err = result < 0 ? result : request->cut;
	if (atomic_dec_and_test(&request->batch->left))
		complete(&request->batch->over);
}

static void begin_request(struct file *file, struct request *request,
			  struct bio_vec *vecs, unsigned int direction)
{
	struct ksmfs_swap_run *run = request->run;
	struct iov_iter iter;
	unsigned int i;
	long result;

	for (i = 0; i < run->nr; i++)
		vecs[i] = (struct bio_vec) {
			.bv_page = run->frames[i],
			.bv_len = PAGE_SIZE,
		};
	iov_iter_bvec(&iter, direction, vecs, run->nr,
		      (size_t)run->nr << PAGE_SHIFT);
	/* A write ends early where there is no room, a read at the file's end. */
	request->cut = direction == WRITE ? -ENOSPC : -EIO;
	init_sync_kiocb(&request->iocb, file);
	request->iocb.ki_pos = (loff_t)run->place << PAGE_SHIFT;
	request->iocb.ki_complete = end_request;
	result = direction == WRITE ?
		 file->f_op->write_iter(&request->iocb, &iter) :
		 file->f_op->read_iter(&request->iocb, &iter);
	if (result != -EIOCBQUEUED)
		end_request(&request->iocb, result);
}

static void transfer(struct swapfile *swapfile, struct ksmfs_swap_run *runs,
		     unsigned int nr, unsigned int direction)
{
	const struct cred *creds = override_creds(swapfile->file->f_cred);
	unsigned int flags = memalloc_noio_save();
	struct batch *batch = mempool_alloc(swapfile->batches, GFP_NOIO);
	struct bio_vec *vecs = batch->vecs;
	unsigned int i;

	atomic_set(&batch->left, nr);
	init_completion(&batch->over);
	for (i = 0; i < nr; i++) {
		batch->requests[i].batch = batch;
		batch->requests[i].run = &runs[i];
		begin_request(swapfile->file, &batch->requests[i], vecs,
			      direction);
		vecs += runs[i].nr;
	}
	wait_for_completion_io(&batch->over);
	mempool_free(batch, swapfile->batches);
	memalloc_noio_restore(flags);
	revert_creds(creds);

	for (i = 0; i < nr; i++)
		if (runs[i].err)
			pr_err_ratelimited("swap file %pD: cannot %s pages %lu-%lu: error %d\n",
					   swapfile->file,
					   direction == WRITE ? "write" :
								"read",
					   runs[i].place,
					   runs[i].place + runs[i].nr - 1,
					   runs[i].err);
}

static void write_runs(void *file, struct ksmfs_swap_run *runs, unsigned int nr)
{
	struct swapfile *swapfile = file;
	unsigned int i;

	if (file_start_write_trylock(swapfile->file)) {
		transfer(swapfile, runs, nr, WRITE);
		file_end_write(swapfile->file);
		return;
	}
	for (i = 0; i < nr; i++)
		runs[i].err = -EAGAIN;
}

static void read_runs(void *file, struct ksmfs_swap_run *runs, unsigned int nr)
{
	transfer(file, runs, nr, READ);
}

static int write_zeros(struct swapfile *swapfile, unsigned long place,
		       unsigned long nr)
{
	struct page *zeros[KSMFS_SWAP_BATCH];
	struct ksmfs_swap_run run = { .place = place, .frames = zeros };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zeros); i++)
		zeros[i] = ZERO_PAGE(0);
	for (; nr && !run.err; nr -= run.nr, run.place += run.nr) {
		run.nr = min(nr, ARRAY_SIZE(zeros));
		transfer(swapfile, &run, 1, WRITE);
	}
	return run.err;
}

/*
 * A regular file keeps its blocks if it can, or what it is written to later might
 * find the file system full.  A device had better forget what it has.
 */
static int wipe(void *file, unsigned long place, unsigned long nr, bool last)
{
	static const int modes[] = {
		FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	};
	struct file *backing = ((struct swapfile *)file)->file;
	bool is_device = S_ISBLK(file_inode(backing)->i_mode);
	const struct cred *creds;
	unsigned int i, flags;
	int err = -EOPNOTSUPP;

	if (last)
		file_start_write(backing);
	else if (!file_start_write_trylock(backing))
		return -EAGAIN;
	creds = override_creds(backing->f_cred);
	flags = memalloc_noio_save();
	for (i = 0; err && backing->f_op->fallocate && i < ARRAY_SIZE(modes); i++)
		err = backing->f_op->fallocate(backing, modes[i ^ is_device],
					       (loff_t)place << PAGE_SHIFT,
					       (loff_t)nr << PAGE_SHIFT);
	memalloc_noio_restore(flags);
	revert_creds(creds);
	if (err)
		err = write_zeros(file, place, nr);
	file_end_write(backing);
	return err;
}

static void do_wipe(struct work_struct *work)
{
	ksmfs_swap_wipe(container_of(work, struct swapfile, wipe)->swap);
}

static void wipe_later(void *file)
{
	struct swapfile *swapfile = file;

	queue_work(ksmfs_pressure_workers, &swapfile->wipe);
}

static void close(void *file)
{
	struct swapfile *swapfile = file;

	cancel_work_sync(&swapfile->wipe);
	mutex_lock(&used_lock);
	list_del(&swapfile->used);
	mutex_unlock(&used_lock);
	mempool_destroy(swapfile->batches);
	fput(swapfile->file);
	kfree(swapfile);
}

static const struct ksmfs_swap_ops ops = {
	.write = write_runs,
	.read = read_runs,
	.wipe = wipe,
	.wipe_later = wipe_later,
	.close = close,
};

/* Enter a file in the list; returns false if it is there already. */
static bool claim(struct swapfile *swapfile)
{
	struct swapfile *other;
	bool free = true;

	mutex_lock(&used_lock);
	list_for_each_entry(other, &all_used, used)
		free &= other->file->f_mapping != swapfile->file->f_mapping;
	if (free)
		list_add(&swapfile->used, &all_used);
	mutex_unlock(&used_lock);
	return free;
}

static struct file *open_file(struct fs_context *fc, const char *path)
{
	/* O_EXCL: no other has this device, mounted or else. */
	int flags = O_RDWR | O_LARGEFILE | O_EXCL | O_NOCTTY;
	struct file *file = filp_open(path, flags | O_DIRECT, 0);

	if (file == ERR_PTR(-EINVAL))
		file = filp_open(path, flags | O_DSYNC, 0);
	if (IS_ERR(file))
		errorfc(fc, "cannot open swap file %s for reading and writing (error %ld)",
			path, PTR_ERR(file));
	return file;
}

/* Whether a file may be a swap file: 0, or a negative errno, and says why. */
static int check_file(struct fs_context *fc, const char *path,
		      struct file *file)
{
	struct inode *inode = file_inode(file);
	bool is_device = S_ISBLK(inode->i_mode);

	if (!is_device && !S_ISREG(inode->i_mode))
		return invalfc(fc, "swap file %s is neither regular nor a block device",
			       path);
	if (inode->i_sb->s_type == &ksmfs_fs_type && !is_device)
		return invalfc(fc, "swap file %s is on ksmfs itself: take one on a disk",
			       path);
	if (IS_SWAPFILE(inode))
		return invalfc(fc, "swap file %s is the host's own (swapon): take another one",
			       path);
	/* Distributions let the group "disk" have devices. */
	if (inode->i_mode & (is_device ? 0007 : 0077))
		return invalfc(fc, "swap file %s is open to others than its owner: chmod 600 it",
			       path);
	if (i_size_read(file->f_mapping->host) < LEAST_BYTES)
		return invalfc(fc, "swap file %s has less than 1 MiB: make it larger",
			       path);
	if (!file->f_op->read_iter || !file->f_op->write_iter)
		return invalfc(fc, "swap file %s is where none can be: take another file system",
			       path);
	if (!(file->f_flags & O_DIRECT))
		warnfc(fc, "swap file %s is cached: its file system has no O_DIRECT",
		       path);
	return 0;
}

struct ksmfs_swap *ksmfs_swapfile_open(struct fs_context *fc, const char *path)
{
	struct swapfile *swapfile;
	int err = -ENOMEM;

	swapfile = kzalloc(sizeof(*swapfile), GFP_KERNEL);
	if (!swapfile)
		return ERR_PTR(-ENOMEM);
	INIT_WORK(&swapfile->wipe, do_wipe);
	INIT_LIST_HEAD(&swapfile->used);
	swapfile->batches =
		mempool_create_kmalloc_pool(1, sizeof(struct batch));
	if (!swapfile->batches)
		goto err_swapfile;

	swapfile->file = open_file(fc, path);
	if (IS_ERR(swapfile->file)) {
		err = PTR_ERR(swapfile->file);
		goto err_batches;
	}
	err = check_file(fc, path, swapfile->file);
	if (err)
		goto err_file;
	if (!claim(swapfile)) {
		errorfc(fc, "swap file %s is another mount's: give each its own",
			path);
		err = -EBUSY;
		goto err_file;
	}
	swapfile->swap = ksmfs_swap_new(i_size_read(swapfile->file->f_mapping->host) >> PAGE_SHIFT,
					&ops, swapfile);
	if (!IS_ERR(swapfile->swap))
		return swapfile->swap;

	err = PTR_ERR(swapfile->swap);
	errorfc(fc, "no memory to keep account of swap file %s: it is too large",
		path);
	close(swapfile);
	return ERR_PTR(err);

err_file:
	fput(swapfile->file);
err_batches:
	mempool_destroy(swapfile->batches);
err_swapfile:
	kfree(swapfile);
	return ERR_PTR(err);
}
